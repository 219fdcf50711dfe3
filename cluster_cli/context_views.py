"""What the `context` commands show, as tables or as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cluster_cli.table import columns


@dataclass(frozen=True)
class ContextRow:
    """One context. platform: `sandbox` or `aws`; state: of a sandbox its phase, of a stack its class."""

    name: str
    platform: str
    topology: str
    state: str


@dataclass(frozen=True)
class MemberRow:
    """A member of a stack: its place and `address:port` by the port's name."""

    name: str
    kind: str
    group: str
    host: str
    zone: str
    addresses: Mapping[str, str]


@dataclass(frozen=True)
class StackView:
    """A stack as its outputs tell it."""

    context: str
    stack: str
    topology: str
    cluster_class: str
    endpoints: Mapping[str, str]
    members: tuple[MemberRow, ...]

    def as_table(self) -> str:
        """The facts, then a line a member."""
        head = [f"{self.context}: stack {self.stack} ({self.cluster_class}), topology {self.topology}"]
        head += [f"{service}: {name}" for service, name in self.endpoints.items()]
        names = ("member", "kind", "group", "host", "zone", "addresses")
        rows = [
            (m.name, m.kind, m.group, m.host, m.zone, " ".join(f"{k}={v}" for k, v in m.addresses.items()))
            for m in self.members
        ]
        return "\n".join([*head, "", columns(names, rows)])


def all_contexts() -> list[ContextRow]:
    """Sandboxes first, then stacks, each by name."""
    from infra import stack_contexts
    from infra.sandbox import state

    sandboxes = [ContextRow(n, "sandbox", s.topology, s.phase) for n, s in sorted(state.all_states().items())]
    told = {name: stack_contexts.read(name) for name in stack_contexts.names()}
    return sandboxes + [ContextRow(n, "aws", t.topology, t.cluster_class) for n, t in told.items()]


def stack_view(name: str) -> StackView:
    """A stack's members with their addresses."""
    from infra.inventory import endpoints
    from infra.stack_contexts import read, topology_of

    told = read(name)
    members = tuple(
        MemberRow(e.member, e.kind, e.group, e.host, e.zone, {port: e.at(port) for port in e.ports})
        for e in endpoints(told, topology_of(name)).values()
    )
    return StackView(name, told.stack, told.topology, told.cluster_class, told.endpoints, members)
