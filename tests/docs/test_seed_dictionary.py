"""The registry has everything that the design documents ask for, and nothing that nobody asked for."""

from __future__ import annotations

import pytest

from app_core.schema import registry
from tests.docs.seed_dictionary import COLLECTIONS, TABLES, keys, lacking


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collection(name: str) -> None:
    wanted = COLLECTIONS[name]
    entry = registry.collection(wanted["collection"])
    assert lacking(wanted, [(index.keys, index.unique) for index in entry.indexes]) == []
    assert entry.segment == wanted["segment"]
    assert list(entry.shard_key) == wanted.get("shard_key", list(entry.shard_key))
    assert dict(entry.unique_by_claim) == wanted.get("claimed", {})
    if "write_concern" in wanted:
        assert [entry.write_concern.w, entry.write_concern.j] == wanted["write_concern"]
    if "ttl" in wanted:
        assert any(i.ttl_seconds and i.fields == (wanted["ttl"],) for i in entry.indexes)


@pytest.mark.parametrize("name", TABLES)
def test_table(name: str) -> None:
    wanted = TABLES[name]
    entry = registry.table(wanted["table"])
    assert lacking(wanted, [(index.keys, index.unique) for index in entry.indexes]) == []
    assert (entry.partitioning.column if entry.partitioning else None) == wanted.get("by_month")
    if "one_active" in wanted:
        assert any(i.unique and i.partial and i.fields == (wanted["one_active"],) for i in entry.indexes)


def test_nothing_else_is_there() -> None:
    assert {c.name for c in registry.collections()} == {e["collection"] for e in COLLECTIONS.values()}
    assert {t.name for t in registry.tables()} == {e["table"] for e in TABLES.values()}


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ([], ["index ['a', '-b']", "unique ['c']"]),
        ([(keys(["a"]), False), (keys(["c"]), True)], ["index ['a', '-b']"]),
        ([(keys(["a", "b"]), False), (keys(["c"]), True)], ["index ['a', '-b']"]),
        ([(keys(["a", "-b", "d"]), False), (keys(["c"]), False)], ["unique ['c']"]),
        ([(keys(["a", "-b", "d"]), False), (keys(["c", "d"]), True)], ["unique ['c']"]),
        ([(keys(["a", "-b"]), False), (keys(["c"]), True)], []),
    ],
)
def test_what_lacks_is_named(found, what: list[str]) -> None:
    assert lacking({"indexes": [["a", "-b"]], "unique": [["c"]]}, found) == what
