"""What the registry says about a collection, a table, an index, a migration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Keys = tuple[tuple[str, int | str], ...]


@dataclass(frozen=True)
class WriteConcern:
    """MongoDB's write concern; j=None leaves the journal question to the server's default."""

    w: int | Literal["majority"]
    j: bool | None = None


@dataclass(frozen=True)
class Index:
    """An index and the query that it serves. Keys: (field, 1 | -1 | "text" | "2dsphere") in order."""

    keys: Keys
    serves: str
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    ttl_seconds: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "_".join(f"{key}_{kind}" for key, kind in self.keys))


@dataclass(frozen=True)
class Field:
    """A field of a document: its BSON type names (several = any of them), and whether it must be there."""

    name: str
    types: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True)
class Collection:
    """A MongoDB collection. Its database is named like its segment; shard keys are ranged.

    An empty shard key leaves the collection unsharded on its database's primary shard.
    """

    name: str
    segment: str
    shard_key: tuple[str, ...]
    fields: tuple[Field, ...]
    indexes: tuple[Index, ...]
    write_concern: WriteConcern
    read_concern: Literal["local", "majority"]
    read_preference: Literal["primary", "primaryPreferred", "secondaryPreferred"]

    @property
    def namespace(self) -> str:
        """`database.collection`."""
        return f"{self.segment}.{self.name}"


@dataclass(frozen=True)
class Table:
    """A PostgreSQL table; its columns and constraints are in the migrations.

    durability: `sync` = a commit counts only when a synchronous standby acknowledged it.
    """

    name: str
    key: tuple[str, ...]
    durability: Literal["sync", "local"]
    indexes: tuple[Index, ...] = field(default=())
    database: str = "payments"
