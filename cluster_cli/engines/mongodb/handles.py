"""The one place where the registry's words become driver options."""

from __future__ import annotations

from pymongo import ReadPreference
from pymongo.collection import Collection as DriverCollection
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app_core.errors import UsageError, nearest
from app_core.schema import registry
from app_core.schema.model import Collection
from cluster_cli.engines.mongodb.clients import Client, Document

_READ_PREFERENCES = {
    "primary": ReadPreference.PRIMARY,
    "primaryPreferred": ReadPreference.PRIMARY_PREFERRED,
    "secondaryPreferred": ReadPreference.SECONDARY_PREFERRED,
}


def handle(client: Client, name: str) -> DriverCollection[Document]:
    """The collection of that name with the registry's write concern, read concern and read preference.

    Raises UsageError for a collection that the registry does not know.
    """
    names = {entry.name: entry for entry in registry.collections()}
    if name not in names:
        raise UsageError("unknown collection", on=repr(name), why=nearest(name, names))
    return bound(client, names[name])


def bound(client: Client, collection: Collection) -> DriverCollection[Document]:
    """A registry entry as a collection of the driver."""
    return client[collection.segment].get_collection(
        collection.name,
        write_concern=write_concern(collection),
        read_concern=ReadConcern(collection.read_concern),
        read_preference=_READ_PREFERENCES[collection.read_preference],
    )


def write_concern(collection: Collection) -> WriteConcern:
    """The registry's write concern as the driver's."""
    return WriteConcern(w=collection.write_concern.w, j=collection.write_concern.j)
