"""From queries and documents to shards."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given
from hypothesis import strategies as st

from infra.router.bsonraw import encode
from infra.router.errors import CommandError
from infra.router.ordering import hash64
from infra.router.routing import Chunk, RoutingTable
from infra.router.writebatch import Target, place, plan


def table(key: dict[str, Any], *cuts: tuple[dict[str, Any], str], first: str = "a") -> RoutingTable:
    """Chunks in order: `first` below the first cut, then one chunk a cut on its shard."""
    low = {name: MinKey() for name in key}
    bounds = [low, *(cut for cut, _ in cuts), {name: MaxKey() for name in key}]
    owners = [first, *(shard for _, shard in cuts)]
    chunks = [Chunk(bounds[n], bounds[n + 1], shard, Timestamp(n + 1, 0)) for n, shard in enumerate(owners)]
    return RoutingTable("d.c", key, Timestamp(1, 1), ObjectId(), None, chunks)


RANGED = table({"k": 1}, ({"k": 0}, "b"), ({"k": 100}, "c"))
COMPOUND = table({"s": 1, "r": 1}, ({"s": "m", "r": MinKey()}, "b"))
HASHED = table({"h": "hashed"}, ({"h": Int64(0)}, "b"))


@pytest.mark.parametrize(
    ("query", "shards"),
    [
        ({}, ["a", "b", "c"]),
        ({"k": 5}, ["b"]),
        ({"k": {"$eq": -1}}, ["a"]),
        ({"k": {"$in": [-1, 500]}}, ["a", "c"]),
        ({"k": {"$gt": 50}}, ["b", "c"]),
        ({"k": {"$lt": -3}}, ["a"]),
        ({"k": {"$gte": 10, "$lt": 20}}, ["b"]),
        ({"$and": [{"k": 5}, {"x": 1}]}, ["b"]),
        ({"$or": [{"k": 5}]}, ["a", "b", "c"]),
        ({"x": 5}, ["a", "b", "c"]),
        ({"k": {"$ne": 5}}, ["a", "b", "c"]),
        ({"k": Regex("^a")}, ["a", "b", "c"]),
        ({"k": [1, 2]}, ["a", "b", "c"]),
        ({"k": "text"}, ["c"]),
        ({"k": None}, ["a"]),
    ],
)
def test_shards_of_a_query(query: dict[str, Any], shards: list[str]) -> None:
    assert RANGED.shards_of_query(query) == shards


@given(st.integers(-200, 200), st.integers(-200, 200))
def test_ranges_never_miss_an_owner(low: int, high: int) -> None:
    chosen = RANGED.shards_of_query({"k": {"$gte": low, "$lte": high}})
    needed = {RANGED.shard_of_document({"k": value}) for value in range(low, high + 1)}
    assert needed <= set(chosen)


def test_compound_prefix_and_collation() -> None:
    assert COMPOUND.shards_of_query({"s": "a"}) == ["a"]
    assert COMPOUND.shards_of_query({"s": "z", "r": 4}) == ["b"]
    assert COMPOUND.shards_of_query({"r": 4}) == ["a", "b"]
    assert COMPOUND.shards_of_query({"s": "a"}, {"locale": "de"}) == ["a", "b"]


def test_hashed_keys() -> None:
    for value in range(50):
        expected = "a" if hash64(value) < 0 else "b"
        assert HASHED.shards_of_query({"h": value}) == [expected]
        assert HASHED.shard_of_document({"h": value}) == expected
    assert HASHED.shards_of_query({"h": {"$gt": 3}}) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "statement", "target"),
    [
        ("insert", {"k": 5}, Target(("b",))),
        ("insert", {}, Target(("a",))),
        ("update", {"q": {"k": 5}, "u": {"$set": {"x": 1}}}, Target(("b",))),
        ("update", {"q": {"_id": 5}, "u": {"$set": {"x": 1}}}, Target(("a", "b", "c"))),
        ("update", {"q": {}, "u": {"$set": {"x": 1}}, "multi": True}, Target(("a", "b", "c"), True)),
        ("update", {"q": {"x": 1}, "u": {"k": 7, "y": 1}}, Target(("b",))),
        ("update", {"q": {"k": 7}, "u": {"$set": {"x": 1}}, "upsert": True}, Target(("b",))),
        ("delete", {"q": {"k": 5}, "limit": 1}, Target(("b",))),
        ("delete", {"q": {"x": 5}, "limit": 0}, Target(("a", "b", "c"), True)),
        ("delete", {"q": {"_id": 1}, "limit": 1}, Target(("a", "b", "c"))),
    ],
)
def test_place_of_a_write(name: str, statement: dict[str, Any], target: Target) -> None:
    assert place(name, statement, RANGED) == target


@pytest.mark.parametrize(
    ("name", "statement", "code"),
    [
        ("update", {"q": {"x": 1}, "u": {"$set": {"y": 1}}}, 72),
        ("update", {"q": {"_id": {"$gt": 1}}, "u": {"$set": {"y": 1}}}, 72),
        ("update", {"q": {"_id": 1}, "u": {"$set": {"y": 1}}, "upsert": True}, 61),
        ("delete", {"q": {"x": 1}, "limit": 1}, 61),
    ],
)
def test_writes_that_a_mongos_refuses(name: str, statement: dict[str, Any], code: int) -> None:
    with pytest.raises(CommandError) as caught:
        place(name, statement, RANGED)
    assert caught.value.code == code


def test_ordered_batches_stay_in_order_and_stop() -> None:
    raws = [encode({"k": k}) for k in (1, 2, -1, 3)]
    groups = plan("insert", raws, RANGED, ordered=True).groups
    assert [(g.shards, [i for i, _ in g.items]) for g in groups] == [
        (["b"], [0, 1]),
        (["a"], [2]),
        (["b"], [3]),
    ]
    deletes = [encode({"q": q, "limit": 1}) for q in ({"k": 1}, {"x": 1}, {"k": 2})]
    stopped = plan("delete", deletes, RANGED, ordered=True)
    assert list(stopped.errors) == [1] and sum(len(g.items) for g in stopped.groups) == 1


def test_unordered_batches_are_grouped() -> None:
    raws = [encode({"k": k}) for k in (1, -1, 2, -2)]
    groups = plan("insert", raws, RANGED, ordered=False).groups
    assert [(g.shards, [i for i, _ in g.items]) for g in groups] == [(["b"], [0, 2]), (["a"], [1, 3])]


def test_statements_by_id_alone_are_sent_alone() -> None:
    raws = [encode({"q": {"_id": n}, "limit": 1}) for n in range(3)]
    assert [len(g.items) for g in plan("delete", raws, RANGED, ordered=True).groups] == [1, 1, 1]


def test_large_batches_are_cut() -> None:
    raws = [encode({"k": 1, "t": "x" * 15_000_000}) for _ in range(4)]
    assert [len(g.items) for g in plan("insert", raws, RANGED, ordered=True).groups] == [2, 2]
