"""One difference between the registry and a live cluster, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Act = Literal["apply", "drop", "person"]
"""apply: `schema apply` cures it; drop: it does when the object is named; person: a decision is needed."""
Domain = Literal["social", "payments"]
Work = Literal["", "scan", "build", "rewrite", "reshard"]
Command = tuple[str, Any]
"""(database, command document) on MongoDB, (database, statement) on PostgreSQL."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the registry says.

    object: its full name. name: what `--allow-drop` must say when the cure drops something that may hold
    data, or lets the servers delete some; on the payments side with its kind (`column account.audit`).
    blocks: `schema apply` does nothing at all until this is decided. size_bytes: what a scan, build, rewrite
    or reshard has to read; estimate_seconds: at the rates of `cost.RATES`.
    """

    kind: str
    domain: Domain
    object: str
    detail: str
    act: Act
    cure: str
    work: Work = ""
    size_bytes: int | None = None
    estimate_seconds: float | None = None
    owner: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    blocks: bool = field(default=False, repr=False)
    commands: tuple[Command, ...] = field(default=(), repr=False)

    def sentence(self) -> str:
        """The difference in a line."""
        return f"{self.object}: {self.detail}"


def blocking(found: Iterable[Difference], allowed: frozenset[str]) -> list[Difference]:
    """What keeps `schema apply` from beginning: contradictions that are neither curable nor allowed."""
    return [d for d in found if d.blocks and not (d.act == "drop" and d.name in allowed)]


def to_apply(found: Iterable[Difference], allowed: frozenset[str]) -> list[Difference]:
    """What `schema apply` does, in the order of the differences."""
    return [d for d in found if d.act == "apply" or (d.act == "drop" and d.name in allowed)]


def unknown_names(found: Iterable[Difference], allowed: frozenset[str]) -> list[str]:
    """Names that were allowed to be dropped and are no difference: a misspelling, or done already."""
    known = {d.name for d in found if d.act == "drop"}
    return sorted(allowed - known)


def droppable(found: Iterable[Difference]) -> list[str]:
    """What `--allow-drop` may name now."""
    return sorted({d.name for d in found if d.act == "drop"})
