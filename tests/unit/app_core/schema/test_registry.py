"""What every entry of the schema registry must have."""

from __future__ import annotations

import pytest

from app_core.schema import registry
from app_core.schema.model import Collection, Index, Table

COLLECTIONS = registry.collections()
TABLES = registry.tables()

# From the two seed documents: (collection, keys, unique) that must be there.
ASKED_FOR = [
    ("users", (("roles", 1),), False),
    ("user_emails", (("email", 1),), True),
    ("skills", (("label", "text"),), False),
    ("skills", (("type", 1), ("level", 1)), False),
    ("skills", (("langs", 1),), False),
    ("sessions", (("user_a_id", 1), ("user_b_id", 1), ("start_at", 1)), False),
    ("sessions", (("status", 1), ("start_at", 1)), False),
    ("sessions", (("place_point", "2dsphere"),), False),
    ("messages", (("session_id", 1), ("created_at", 1)), False),
    ("messages", (("sender_id", 1), ("created_at", 1)), False),
    ("reviews", (("session_id", 1), ("reviewer_id", 1)), True),
    ("reviews", (("reviewee_id", 1), ("created_at", -1)), False),
    ("reviews", (("session_id", 1),), False),
]


@pytest.mark.parametrize(("name", "keys", "unique"), ASKED_FOR)
def test_indexes_of_the_documents(name: str, keys: tuple, unique: bool) -> None:
    assert (keys, unique) in [(index.keys, index.unique) for index in registry.collection(name).indexes]


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_collection_is_complete(entry: Collection) -> None:
    fields = {field.name for field in entry.fields}
    assert entry.indexes and all(index.serves for index in entry.indexes)
    assert {key for index in entry.indexes for key, _ in index.keys} <= fields
    assert set(entry.shard_key) <= {field.name for field in entry.fields if field.required}
    assert len({index.name for index in entry.indexes}) == len(entry.indexes)


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_the_shard_key_has_an_index_and_prefixes_every_unique_one(entry: Collection) -> None:
    assert any(_prefixed(index, entry.shard_key) for index in entry.indexes)
    assert all(_prefixed(index, entry.shard_key) for index in entry.indexes if index.unique)


def test_the_prefix_check_can_fail() -> None:
    assert not _prefixed(Index((("email", 1),), "x", unique=True), ("user_id",))


def _prefixed(index: Index, shard_key: tuple[str, ...]) -> bool:
    return tuple(key for key, _ in index.keys)[: len(shard_key)] == shard_key


def test_write_concerns_of_the_documents() -> None:
    concerns = {entry.name: (entry.write_concern.w, entry.write_concern.j) for entry in COLLECTIONS}
    assert concerns["messages"] == (1, None)
    assert concerns["sessions"] == concerns["reviews"] == ("majority", True)


def test_segments_and_names() -> None:
    assert registry.segments() == {"members", "exchange"}
    assert registry.collection("reviews").namespace == "exchange.reviews"
    with pytest.raises(KeyError):
        registry.collection("nobody")


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_table_is_made_by_a_migration(entry: Table) -> None:
    sql = "\n".join(migration.up for migration in registry.migrations())
    assert f"CREATE TABLE {entry.name} (" in sql
    for index in entry.indexes:
        columns = [key for key, _ in index.keys]
        assert f"CREATE INDEX {entry.name}_{'_'.join(columns)} ON {entry.name} ({', '.join(columns)})" in sql
    assert entry.durability == "sync"


def test_money_is_an_integer_with_a_currency() -> None:
    sql = registry.migrations()[0].up.lower()
    assert not [word for word in ("float", "real", "double precision", "numeric", "money") if word in sql]
    assert sql.count("amount bigint") == 3
