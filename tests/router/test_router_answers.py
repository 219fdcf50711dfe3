"""Answers that the drivers' own test suites look at: stable API on cursors, read concerns."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.server_api import ServerApi

from tests.router.rawclient import raw_command
from tests.router.realcluster import Client, RealCluster

Sharded = Callable[..., str]


@pytest.fixture
def strict(cluster: RealCluster) -> Iterator[Client]:
    """A client that declares the stable API, version 1, and nothing else."""
    api = ServerApi("1", strict=True)
    with MongoClient[dict[str, Any]](cluster.uri(port=cluster.router_ports[0]), server_api=api) as connected:
        yield connected


@pytest.mark.parametrize("kind", ["plain", "sharded"])
def test_every_cursor_goes_on_under_the_stable_api(
    client: Client, strict: Client, database: str, sharded: Sharded, kind: str
) -> None:
    collection = strict[database][sharded() if kind == "sharded" else "plain"]
    collection.insert_many([{"k": k} for k in range(-20, 20)])
    client[database].create_collection("b")
    assert len(list(collection.find(batch_size=3))) == 40
    assert [d["k"] for d in collection.find(batch_size=3).sort("k", 1)] == list(range(-20, 20))
    for pipeline in ([{"$match": {}}], [{"$sort": {"k": 1}}], [{"$group": {"_id": "$k"}}]):
        assert len(list(collection.aggregate(pipeline, batchSize=3))) == 40
    assert len(list(strict[database].list_collections(cursor={"batchSize": 1}))) == 2
    with collection.watch(batch_size=1) as stream:
        collection.insert_many([{"k": -99}, {"k": 99}])
        assert [next(stream)["fullDocument"]["k"] for _ in range(2)] == [-99, 99]
    with strict.start_session() as login, login.start_transaction():
        assert len(list(collection.find(batch_size=3, session=login))) == 42


def test_a_cursor_keeps_the_api_with_which_it_was_opened(client: Client, database: str) -> None:
    client[database].c.insert_many([{} for _ in range(10)])
    opened = raw_command(client, database, {"find": "c", "batchSize": 2, "apiVersion": "1"})
    number = Int64(opened["cursor"]["id"])
    refused = raw_command(client, database, {"getMore": number, "collection": "c"})
    assert (refused["code"], refused["codeName"]) == (347, "APIMismatchError")
    assert "getMore used params {}" in refused["errmsg"] and '{ apiVersion: "1" }' in refused["errmsg"]
    assert raw_command(client, database, {"getMore": number, "collection": "c", "apiVersion": "1"})["ok"] == 1


@pytest.mark.parametrize(
    ("command", "level", "code"),
    [
        ({"listDatabases": 1}, "snapshot", 72), ({"listCollections": 1}, "snapshot", 72),
        ({"listIndexes": "c"}, "snapshot", 72), ({"ping": 1}, "snapshot", 72),
        ({"count": "c"}, "snapshot", 72),
        ({"insert": "c", "documents": [{}]}, "majority", 72), ({"listCollections": 1}, "available", 72),
        ({"listCollections": 1}, "local", None), ({"count": "c"}, "majority", None),
        ({"find": "c"}, "nope", 9),
        ({"find": "c"}, "snapshot", None),
    ],
)  # fmt: skip
def test_read_concerns_only_where_a_command_takes_them(
    client: Client, database: str, command: dict[str, Any], level: str, code: int | None
) -> None:
    client[database].c.insert_one({})
    where = "admin" if "listDatabases" in command else database
    reply = raw_command(client, where, {**command, "readConcern": {"level": level}})
    assert reply.get("code") == code, reply


def test_a_get_more_may_repeat_the_read_concern(client: Client, database: str) -> None:
    client[database].c.insert_many([{} for _ in range(10)])
    concern = {"readConcern": {"level": "snapshot"}}
    opened = raw_command(client, database, {"find": "c", "batchSize": 2, **concern})
    more = {"getMore": Int64(opened["cursor"]["id"]), "collection": "c", **concern}
    assert len(raw_command(client, database, more)["cursor"]["nextBatch"]) == 8


def test_a_find_where_nothing_is_yet_judges_its_arguments(client: Client, database: str) -> None:
    nowhere = f"{database}_not_there"
    assert client[nowhere].c.find_one({"x": 1}) is None
    with pytest.raises(OperationFailure) as caught:
        client[nowhere].c.find_one({"x": {"$noSuchOperator": 1}})
    assert caught.value.code == 2
    assert nowhere not in client.list_database_names()


def test_a_change_stream_that_is_killed_while_it_waits_ends(client: Client, database: str) -> None:
    client[database].create_collection("c")
    pipeline = [{"$changeStream": {}}]
    opened = raw_command(client, database, {"aggregate": "c", "pipeline": pipeline, "cursor": {}})
    number = Int64(opened["cursor"]["id"])
    caught: list[int | None] = []

    def wait() -> None:
        reply = raw_command(client, database, {"getMore": number, "collection": "c", "maxTimeMS": 20000})
        caught.append(reply.get("code"))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    client[database].command("killCursors", "c", cursors=[number])
    waiting.join(10)
    assert caught == [237]
    assert client[database].command("killCursors", "c", cursors=[number])["cursorsNotFound"] == [number]


def test_deprecated_and_unknown_commands_under_the_stable_api(strict: Client) -> None:
    for command, code in (("listShards", 323), ("noSuchCommand", 59)):
        with pytest.raises(OperationFailure) as caught:
            strict.admin.command(command)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("preference", "code"),
    [
        ({"mode": "secondaryPreferred", "maxStalenessSeconds": 10}, 160),
        ({"mode": "primary", "maxStalenessSeconds": 120}, 2),
        ({"mode": "nope"}, 9),
        ({"mode": "secondaryPreferred", "maxStalenessSeconds": 120}, None),
    ],
)
@pytest.mark.parametrize("command", [{"find": "absent"}, {"ping": 1}, {"insert": "c", "documents": [{}]}])
def test_read_preferences_are_judged_on_every_command(
    client: Client, database: str, command: dict[str, Any], preference: dict[str, Any], code: int | None
) -> None:
    reply = raw_command(client, database, {**command, "$readPreference": preference})
    assert reply.get("code") == code, reply


def test_server_status_shows_the_certificate(client: Client) -> None:
    shown = client.admin.command("serverStatus")["security"]
    assert "CN=router" in shown["SSLServerSubjectName"] and shown["SSLServerHasCertificateAuthority"] is True
    assert isinstance(shown["SSLServerCertificateExpirationDate"], datetime.datetime)
