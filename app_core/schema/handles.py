"""The one place where the registry's words become driver options.

A `Handle` always has the write concern, read concern and read preference that the registry gives its
collection: there is no other way to make one, and none to weaken one. What writes for the domain asks
for a `Handle`, so a bare collection of the driver does not pass the type check.
"""

from __future__ import annotations

from typing import Any, Literal

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.collection import Collection as DriverCollection
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import Primary, PrimaryPreferred, SecondaryPreferred
from pymongo.write_concern import WriteConcern

from app_core.errors import UsageError, nearest
from app_core.schema import registry
from app_core.schema.model import REPORTING_STALENESS_S, Collection

Document = dict[str, Any]
Client = MongoClient[Document]
Preference = Primary | PrimaryPreferred | SecondaryPreferred


class Handle(DriverCollection[Document]):
    """A collection of the registry, through a client, with the registry's concerns."""

    def __init__(
        self,
        client: Client,
        entry: Collection,
        codec_options: CodecOptions[Document] | None = None,
        preference: Primary | None = None,
    ) -> None:
        super().__init__(
            client[entry.segment],
            entry.name,
            codec_options=codec_options,
            write_concern=write_concern(entry),
            read_concern=ReadConcern(entry.read_concern),
            read_preference=preference or read_preference(entry),
        )
        self._entry = entry
        self._client = client
        self._preference = preference

    @property
    def entry(self) -> Collection:
        """The registry's entry."""
        return self._entry

    @property
    def database(self) -> object:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The driver asks for it; by its type nothing can be got from it: its collections have no concern."""
        return super().database

    # narrower than the driver's method on purpose: no other concern can be asked for
    def with_options(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        codec_options: CodecOptions[Document] | None = None,
        read_preference: Primary | None = None,
        write_concern: None = None,
        read_concern: None = None,
    ) -> Handle:
        """Another codec, or the primary (the driver lists indexes there); the same concerns.

        Raises UsageError for a concern that is not the registry's.
        """
        weaker = read_preference is not None and not isinstance(read_preference, Primary)
        if weaker or write_concern is not None or read_concern is not None:
            raise UsageError(
                "concerns come from the registry",
                on=self._entry.namespace,
                hint=f"change app_core/schema/collections/{self._entry.name}.py",
            )
        codec = codec_options or self.codec_options
        return Handle(self._client, self._entry, codec, read_preference or self._preference)


def handle(client: Client, name: str) -> Handle:
    """The collection of that name with the registry's write concern, read concern and read preference.

    Raises UsageError for a collection that the registry does not know.
    """
    names = {entry.name: entry for entry in registry.collections()}
    if name not in names:
        raise UsageError("unknown collection", on=name, why=nearest(name, names))
    return Handle(client, names[name])


def bound(client: Client, collection: Collection) -> Handle:
    """A registry entry as a collection of the driver."""
    return Handle(client, collection)


def write_concern(collection: Collection) -> WriteConcern:
    """The registry's write concern as the driver's."""
    return WriteConcern(w=collection.write_concern.w, j=collection.write_concern.j)


def read_preference(collection: Collection) -> Preference:
    """The registry's read preference as the driver's. Where secondaries come first, their age is bounded."""
    match collection.read_preference:
        case "primary":
            return Primary()
        case "primaryPreferred":
            return PrimaryPreferred()
        case "secondaryPreferred":
            return SecondaryPreferred(max_staleness=REPORTING_STALENESS_S)


def transaction_options(*handles: Handle) -> dict[str, Any]:
    """Arguments of `start_transaction` for writes to these collections: the strongest concern among them.

    Inside a transaction the server ignores the collections' own concerns. Raises UsageError without any.
    """
    if not handles:
        raise UsageError("a transaction needs the collections that it writes to")
    journal = any(one.entry.write_concern.j for one in handles)
    strongest: int | Literal["majority"] = max((one.entry.write_concern.w for one in handles), key=_strength)
    return {
        "read_concern": ReadConcern("snapshot"),
        "write_concern": WriteConcern(w=strongest, j=journal or None),
        "read_preference": Primary(),
    }


def _strength(w: int | str) -> float:
    return float("inf") if isinstance(w, str) else w
