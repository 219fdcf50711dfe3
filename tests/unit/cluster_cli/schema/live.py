"""Small pieces that the tests of the schema share."""

from app_core.schema.model import Collection, Field, Index, WriteConcern
from cluster_cli.schema.checks.social_collections import strict
from cluster_cli.schema.indexes import index_document
from cluster_cli.schema.social_facts import Seen, shard_key
from cluster_cli.schema.zones import zone_ranges

BY_ID = Index((("session_id", 1),), "by id", unique=True)
BY_TIME = Index((("status", 1), ("start_at", -1)), "by time")
TEXT = Index((("label", "text"),), "search")
SHARDS = {"exchange": "x", "members": "m"}
"""The shard of each segment."""
SESSIONS = Collection(
    name="sessions",
    segment="exchange",
    shard_key=("session_id",),
    fields=(Field("session_id", ("binData",)),),
    indexes=(BY_ID, BY_TIME),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)


def live(index):
    """An index as listIndexes shows it."""
    words = {name: 1 for name, kind in index.keys if kind == "text"}
    if not words:
        return {**index_document(index), "v": 2}
    key = {name: kind for name, kind in index.keys if kind != "text"}
    server = {"v": 2, "language_override": "language", "textIndexVersion": 3}
    return {**index_document(index), "key": {"_fts": "text", "_ftsx": 1, **key}, "weights": words, **server}


def named(indexes):
    """Indexes as listIndexes shows them, by name."""
    return {index.name: live(index) for index in indexes}


def whole(collection):
    """A collection that is exactly what the registry says."""
    return Seen(
        exists=True,
        key=shard_key(collection),
        ranges=zone_ranges(collection, 1) if collection.shard_key else (),
        on={SHARDS[collection.segment]: {"_id_": {"key": {"_id": 1}}, **named(collection.indexes)}},
        options=strict(collection),
    )
