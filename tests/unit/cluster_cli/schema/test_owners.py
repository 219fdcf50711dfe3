"""Where collections lie, and what each of their shards has."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app_core.errors import UnhealthyError, UsageError
from cluster_cli.schema import owners
from cluster_cli.schema.social_facts import sharded_keys

SHARDED = {"_id": "exchange.sessions", "uuid": UUID(int=1), "key": {"session_id": 1}, "unique": True}
TRACKED = {
    "_id": "members.badges",
    "lastmodEpoch": 1,
    "timestamp": 1,
    "uuid": UUID(int=2),
    "key": {"_id": 1},
    "unique": False,
    "unsplittable": True,
}
"""An unsharded collection, as MongoDB 8.0 lists it."""
DATABASES = ({"_id": "exchange", "primary": "x"}, {"_id": "members", "primary": "m"})
CHUNKS = {UUID(int=1): ("x", "y"), UUID(int=2): ("n",)}


def test_a_tracked_collection_that_is_not_split_is_not_sharded():
    assert sharded_keys([SHARDED, TRACKED]) == {"exchange.sessions": (("session_id", 1),)}


def test_a_collection_lies_with_its_chunks_else_on_the_primary_shard():
    names = ["exchange.sessions", "exchange.plain", "members.badges", "members.plain"]
    assert owners.owners(names, [SHARDED, TRACKED], DATABASES, CHUNKS) == {
        "exchange.sessions": ("x", "y"),
        "exchange.plain": ("x",),
        "members.badges": ("n",),
        "members.plain": ("m",),
    }
    assert owners.owners(names[:1], [SHARDED], DATABASES, {}) == {"exchange.sessions": ("x",)}


def test_the_owners_are_counted_out_of_the_chunks():
    pairs = [{"_id": {"uuid": UUID(int=1), "shard": shard}} for shard in ("y", "x")]
    chunks = SimpleNamespace(aggregate=lambda _: pairs)
    client: Any = SimpleNamespace(config=SimpleNamespace(chunks=chunks))
    assert owners.chunk_owners(client) == {UUID(int=1): ("x", "y")}


CTX: Any = SimpleNamespace(of_kind=lambda _: [SimpleNamespace(group=shard) for shard in ("x", "y")])


def test_every_owner_is_asked_once_for_all_that_it_holds(monkeypatch):
    asked: list[str] = []

    def client_of(_, member, **__):
        asked.append(member)
        listed = SimpleNamespace(list_indexes=lambda: [{"name": f"of {member}", "key": {}}])
        return nullcontext({"exchange": {"sessions": listed, "plain": listed}})

    monkeypatch.setattr(owners, "member_client", client_of)
    monkeypatch.setattr(owners, "primary", lambda _, shard: f"{shard}-b")
    found = owners.read_indexes(CTX, {"exchange.sessions": ("x", "y"), "exchange.plain": ("x",)})
    assert sorted(asked) == ["x-b", "y-b"]
    assert {ns: {shard: [*names] for shard, names in on.items()} for ns, on in found.items()} == {
        "exchange.sessions": {"x": ["of x-b"], "y": ["of y-b"]},
        "exchange.plain": {"x": ["of x-b"]},
    }


def test_nothing_is_asked_where_there_is_nothing():
    assert owners.read_indexes(CTX, {}) == {}


def test_an_owner_between_two_primaries_is_waited_for(monkeypatch):
    found = iter([None, "x-b"])
    monkeypatch.setattr(owners, "primary", lambda *_: next(found))
    monkeypatch.setattr(owners, "member_client", lambda *_, **__: nullcontext())
    monkeypatch.setattr(owners, "_listed", lambda _, namespace: {namespace: {}})
    assert owners.read_indexes(CTX, {"a.b": ("x",)}) == {"a.b": {"x": {"a.b": {}}}}


def test_an_owner_that_cannot_be_asked_is_told(monkeypatch):
    monkeypatch.setattr(owners, "primary", lambda *_: None)
    monkeypatch.setattr(owners, "ELECTION_TIMEOUT_S", 0.0)
    with pytest.raises(UnhealthyError, match="x"):
        owners.read_indexes(CTX, {"exchange.sessions": ("x",)})
    with pytest.raises(UsageError, match="old"):
        owners.read_indexes(CTX, {"exchange.sessions": ("old",)})
