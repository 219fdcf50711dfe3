"""What the registry says about a table of PostgreSQL; the migrations make it so, `schema diff` compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app_core.schema.fields import Reference
from app_core.schema.personal import Personal
from app_core.schema.retention import Kept, Retention

if TYPE_CHECKING:
    from app_core.schema.model import Departure, Erasure, Index


@dataclass(frozen=True)
class Column:
    """A column. type: as `format_type` prints it (`uuid`, `bigint`, `timestamp with time zone`).

    values: the enumeration that a check constraint keeps. references: a logical key into the social domain.
    """

    name: str
    type: str
    nullable: bool = False
    says: str = ""
    personal: Personal = "none"
    values: tuple[str, ...] = ()
    default: str | None = None
    numbered: bool = False
    """Whether the database gives each row the next number (an identity)."""
    references: Reference | None = None


@dataclass(frozen=True)
class ForeignKey:
    """A real foreign key: these columns of the table refer to those of the target.

    goes_with: rows here end with the row that they refer to. Without it a row that is still referred to
    is not pruned; holds: why rows here may be there when their target's retention has ended.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    goes_with: bool = False
    holds: str = ""


@dataclass(frozen=True)
class Check:
    """A rule that the database keeps, in words; the migration has it as a CHECK or a constraint trigger."""

    says: str
    how: Literal["check", "trigger", "domain"] = "check"


@dataclass(frozen=True)
class StateMachine:
    """The states of a column and the steps between them. The table `state_transition` holds the same."""

    column: str
    initial: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the steps name them."""
        return tuple(dict.fromkeys((*self.initial, *(state for step in self.steps for state in step))))

    @property
    def final(self) -> tuple[str, ...]:
        """The states that nothing leaves."""
        return tuple(state for state in self.states if all(state != left for left, _ in self.steps))


@dataclass(frozen=True)
class Partitioning:
    """Range partitions by month of a column (UTC), named `<table>_YYYY_MM`.

    ahead: how many months after the current one exist already. done: a column; a month with a row in which it
    is null is not detached. The table's retention says which months are.
    """

    column: str
    ahead: int = 3
    done: str = ""


@dataclass(frozen=True)
class Table:
    """A PostgreSQL table.

    durability: `sync` = a commit counts only when a synchronous standby acknowledged it. Unique constraints
    are unique indexes here, `partial` of an index is the text of its WHERE under the key `sql`.
    append_only: the application may neither update nor delete. changes: the columns that it may update.
    """

    name: str
    key: tuple[str, ...]
    durability: Literal["sync", "local"]
    indexes: tuple[Index, ...] = ()
    database: str = "payments"
    entity: str = ""
    says: str = ""
    columns: tuple[Column, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    states: StateMachine | None = None
    partitioning: Partitioning | None = None
    append_only: bool = False
    changes: tuple[str, ...] = ()
    retention: Retention | Kept | None = None
    erasure: Erasure | None = None
    departures: tuple[Departure, ...] = ()
