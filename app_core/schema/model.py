"""What the registry says about a collection: fields, keys, indexes, placement, concerns, retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app_core.schema.fields import Compare, Field, Forms, Limit, Outlives, Reference
from app_core.schema.queries import Keys, Query
from app_core.schema.retention import Kept, Retention
from app_core.schema.tabular import Table

__all__ = [
    "Claim",
    "Collection",
    "Compare",
    "Departure",
    "Erasure",
    "Field",
    "Forms",
    "Index",
    "Keys",
    "Kept",
    "Limit",
    "Outlives",
    "Query",
    "ReadPreference",
    "Reference",
    "Retention",
    "Table",
    "WriteConcern",
]

ReadPreference = Literal["primary", "primaryPreferred", "secondaryPreferred"]

REPORTING_STALENESS_S = 90
"""About how old the data of a reporting read may be, in seconds; the least that MongoDB allows to ask."""


@dataclass(frozen=True)
class WriteConcern:
    """MongoDB's write concern; j=None leaves the journal question to the server's default."""

    w: int | Literal["majority"]
    j: bool | None = None


@dataclass(frozen=True)
class Index:
    """An index and the query that it serves, in a sentence and as a template.

    only_constrains: it is there for what it forbids, and no query needs it.

    Keys: (field, 1 | -1 | "text" | "2dsphere") in order. A text index knows no stemming: members write in
    several languages.
    """

    keys: Keys
    serves: str
    unique: bool = False
    partial: Mapping[str, Any] | None = field(default=None, hash=False)
    ttl_seconds: int | None = None
    name: str = ""
    query: Query | None = None
    only_constrains: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "_".join(f"{key}_{kind}" for key, kind in self.keys))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the keys, in order."""
        return tuple(name for name, _ in self.keys)


@dataclass(frozen=True)
class Departure:
    """Where the data deliberately leave the normal form, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Erasure:
    """What happens to a member's documents when the member asks to be erased."""

    action: Literal["delete", "anonymise", "keep"]
    reason: str


@dataclass(frozen=True)
class Claim:
    """This collection claims the values of another collection's field, so that each is used once.

    of: `collection.field` whose values are claimed; key: the field here that holds the value, normalised;
    holder: the field here that names the claiming document, by the other collection's primary key.
    """

    of: str
    key: str
    holder: str
    normalised: Literal["email", "exact"]


@dataclass(frozen=True)
class Collection:
    """A MongoDB collection. Its database is named like its segment; shard keys are ranged.

    An empty shard key leaves the collection unsharded on its database's primary shard. primary_key: the
    fields that identify a document among all; unique within the shard key's value by an index.
    """

    name: str
    segment: str
    shard_key: tuple[str, ...]
    fields: tuple[Field, ...]
    indexes: tuple[Index, ...]
    write_concern: WriteConcern
    read_concern: Literal["local", "majority"]
    read_preference: ReadPreference
    entity: str = ""
    says: str = ""
    primary_key: tuple[str, ...] = ()
    retention: Retention | Kept | None = None
    erasure: Erasure | None = None
    forms: Forms | None = None
    rules: tuple[Compare, ...] = ()
    limits: tuple[Limit, ...] = ()
    claim: Claim | None = None
    tells_erased: str = ""
    """The collection whose erased documents leave their primary key here."""
    unique_by_claim: tuple[tuple[str, str], ...] = ()
    """(field, collection that claims it): constraints that no index of this collection can keep."""
    departures: tuple[Departure, ...] = ()

    @property
    def namespace(self) -> str:
        """`database.collection`."""
        return f"{self.segment}.{self.name}"
