"""A context: what a command works on. A topology, where its members answer, and its credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app_core.errors import RefusedError
from infra.credentials import Credentials
from infra.endpoint import Endpoint
from infra.platform import Power
from infra.timing import Timing, solve
from infra.topology import Topology

__all__ = ["Context", "Credentials", "Endpoint", "load_context"]


@dataclass(frozen=True)
class Context:
    """One cluster as a command sees it."""

    name: str
    platform_name: str
    topology: Topology
    endpoints: Mapping[str, Endpoint]
    credentials: Credentials
    platform: Power
    state_dir: Path
    stand_ins: tuple[str, ...] = ()

    def endpoint(self, member: str) -> Endpoint:
        """The endpoint of one member; KeyError when the topology has no such member."""
        return self.endpoints[member]

    def of_kind(self, kind: str, group: str | None = None) -> tuple[Endpoint, ...]:
        """All endpoints of a kind (and of one replica set, scope or etcd cluster), in topology order."""
        return tuple(
            e for e in self.endpoints.values() if e.kind == kind and (group is None or e.group == group)
        )

    @cached_property
    def timing(self) -> Timing:
        """The time-outs that follow from the topology's SLA."""
        return solve(self.topology)


def load_context(name: str | None = None) -> Context:
    """The named context, or the only running one.

    Raises UsageError (exit 2) when the name is unknown, none runs, or several do; RefusedError (exit 6) for
    a stack on AWS: its members can be shown, and nothing here reaches them.
    """
    if name is not None:
        _refuse_stack(name)
    # imported here: the platforms need this module's dataclass
    from infra.sandbox.contexts import load

    loader: Callable[[str | None], Context] = load
    return loader(name)


def _refuse_stack(name: str) -> None:
    from infra.stack_contexts import names

    if name in names():
        raise RefusedError("nothing here reaches the members of a stack", on=name,
                           why="only processes on this machine can be worked on",
                           hint=f"swapctl context show {name}")  # fmt: skip
