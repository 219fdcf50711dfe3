"""The registry has everything that the design documents ask for, and nothing that nobody asked for."""

from __future__ import annotations

import pytest

from app_core.schema import registry
from app_core.schema.validators import json_schema
from tests.docs.seed_dictionary import COLLECTIONS, TABLES, Shape, keys, lacking, shapes, wrong_fields

ENTITIES = 27
"""How many entities the two documents name together."""


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


@pytest.mark.parametrize("name", COLLECTIONS)
def test_fields_and_enumerations_of_a_collection(name: str) -> None:
    wanted = COLLECTIONS[name]
    entry = registry.collection(wanted["collection"])
    assert wrong_fields(wanted, shapes(json_schema(entry))) == []
    assert list(entry.primary_key) == wanted.get("key", list(entry.primary_key))
    aliases = {field.name: field.read_aliases for field in entry.fields if field.read_aliases}
    assert aliases == {field: (older,) for field, older in wanted.get("aliases", {}).items()}


@pytest.mark.parametrize("name", TABLES)
def test_fields_and_enumerations_of_a_table(name: str) -> None:
    wanted = TABLES[name]
    entry = registry.table(wanted["table"])
    there = {c.name: Shape(c.nullable, values=frozenset(c.values)) for c in entry.columns}
    assert wrong_fields(wanted, there) == []
    assert list(entry.key) == wanted.get("key", list(entry.key))


def test_every_entity_of_the_documents_is_written_down_with_its_fields() -> None:
    assert (
        len([entry for entry in (*COLLECTIONS.values(), *TABLES.values()) if "fields" in entry]) == ENTITIES
    )


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


@pytest.mark.parametrize(
    ("there", "what"),
    [
        ({}, ["lacks a", "lacks b"]),
        (
            {"a": Shape(False), "b": Shape(False)},
            ["b must be there", "a is one of []", "b is no date", "b lies within (None, None)"],
        ),
        (
            {"a": Shape(False, values=frozenset("xyz")), "b": Shape(True, frozenset({"int"}), bounds=(1, 6))},
            ["a is one of ['x', 'y', 'z']", "b is no date", "b lies within (1, 6)"],
        ),
        (
            {"a": Shape(True, values=frozenset("xy")), "b": Shape(True, frozenset({"date"}), bounds=(1, 5))},
            [],
        ),
    ],
)
def test_a_field_that_is_otherwise_is_named(there: dict[str, Shape], what: list[str]) -> None:
    wanted = {
        "key": ["a"],
        "fields": ["b?"],
        "values": {"a": ["x", "y"]},
        "bounds": {"b": [1, 5]},
        "types": {"b": "date"},
    }
    assert wrong_fields(wanted, there) == what
