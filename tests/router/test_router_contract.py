"""What a mongos does, seen through pymongo: asked of the stand-in and, where one is found, of a mongos."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from bson import Binary, Int64
from pymongo import (
    DeleteMany,
    DeleteOne,
    InsertOne,
    ReadPreference,
    ReplaceOne,
    ReturnDocument,
    UpdateMany,
    UpdateOne,
)
from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout, OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from tests.router.rawclient import raw_command
from tests.router.realcluster import Client, RealCluster

Sharded = Callable[..., str]


@pytest.fixture(params=["plain", "sharded"])
def collection(request: pytest.FixtureRequest, client: Client, database: str, sharded: Sharded) -> Any:
    """An unsharded collection, and one whose documents are on both shards."""
    return client[database][sharded() if request.param == "sharded" else "plain"]


def fill(collection: Any, count: int = 20) -> None:
    """Documents with k from -count/2 on."""
    collection.insert_many([{"_id": n, "k": n - count // 2, "v": n % 3} for n in range(count)])


def test_hello_says_mongos(client: Client) -> None:
    reply = client.admin.command("hello")
    assert reply["msg"] == "isdbgrid" and reply["isWritablePrimary"] and "setName" not in reply
    status = client.admin.command("serverStatus")
    assert status["process"] == "mongos"
    assert status.get("swapskillStandIn") == client.admin.command("buildInfo").get("swapskillStandIn")
    with pytest.raises(OperationFailure) as caught:
        client.admin.command("replSetGetStatus")
    assert caught.value.code == 59


def test_crud(collection: Any) -> None:
    fill(collection)
    assert collection.find_one({"k": 3})["_id"] == 13
    assert collection.count_documents({"v": 1}) == 7
    assert collection.estimated_document_count() == 20
    assert collection.update_one({"k": -1}, {"$set": {"x": 1}}).modified_count == 1
    assert collection.update_many({"v": 0}, {"$inc": {"y": 1}}).modified_count == 7
    assert collection.replace_one({"k": 2}, {"k": 2, "r": 1}).modified_count == 1
    assert collection.update_one({"_id": 4}, {"$set": {"x": 2}}).modified_count == 1
    upserted = collection.update_one({"k": 99}, {"$set": {"x": 1}}, upsert=True)
    assert upserted.upserted_id is not None and upserted.matched_count == 0
    assert collection.delete_one({"k": 99}).deleted_count == 1
    assert collection.delete_one({"_id": 5}).deleted_count == 1
    assert collection.delete_many({"v": 1}).deleted_count == 7
    with pytest.raises(DuplicateKeyError):
        collection.insert_one({"_id": 0, "k": -10})


def test_sorted_pages_and_small_batches(collection: Any) -> None:
    fill(collection, 300)
    ordered = [d["k"] for d in collection.find({}, {"k": 1}, sort=[("v", 1), ("k", -1)], batch_size=7)]
    expected = sorted((n % 3, -(n - 150)) for n in range(300))
    assert ordered == [-k for _, k in expected]
    assert [d["_id"] for d in collection.find().sort("_id", 1).skip(100).limit(5)] == list(range(100, 105))
    assert len(list(collection.find(batch_size=2).limit(9))) == 9
    assert all("$sortKey" not in d for d in collection.find().sort("k", 1))
    assert len(list(collection.find({}, {"_id": 0, "k": 1}).sort("k", 1))) == 300


def test_large_documents_fit_into_batches(collection: Any) -> None:
    collection.insert_many([{"k": n - 2, "t": "x" * 6_000_000} for n in range(4)])
    assert sum(1 for _ in collection.find({})) == 4
    assert [d["k"] for d in collection.find({}).sort("k", 1)] == list(range(-2, 2))


def test_aggregates(collection: Any) -> None:
    fill(collection)
    grouped = list(collection.aggregate([{"$group": {"_id": "$v", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]))
    assert grouped == [{"_id": 0, "n": 7}, {"_id": 1, "n": 7}, {"_id": 2, "n": 6}]
    projected = collection.aggregate([{"$match": {"v": 1}}, {"$project": {"k": 1}}], batchSize=2)
    assert len(list(projected)) == 7
    joined = collection.aggregate(
        [{"$lookup": {"from": collection.name, "localField": "k", "foreignField": "k", "as": "j"}}],
        batchSize=3,
    )
    assert all(len(d["j"]) == 1 for d in joined)
    list(collection.aggregate([{"$out": "copied"}]))
    assert collection.database.copied.count_documents({}) == 20
    list(collection.aggregate([{"$merge": {"into": "copied", "whenMatched": "replace"}}]))
    assert collection.database.copied.count_documents({}) == 20
    assert len(list(collection.aggregate([{"$sample": {"size": 3}}]))) == 3
    with pytest.raises(OperationFailure) as caught:
        collection.aggregate([{"$nope": 1}])
    assert caught.value.code == 40324


def test_distinct_and_views(collection: Any) -> None:
    fill(collection)
    assert sorted(collection.distinct("v")) == [0, 1, 2]
    view = collection.database.create_collection("v", viewOn=collection.name, pipeline=[{"$match": {"v": 1}}])
    assert view.count_documents({}) == 7
    assert [d["k"] for d in view.find({}, sort=[("k", -1)], limit=2)] == [9, 6]
    assert view.distinct("v") == [1]


def test_find_and_modify(collection: Any) -> None:
    fill(collection)
    changed = collection.find_one_and_update(
        {"k": 1}, {"$set": {"f": 1}}, return_document=ReturnDocument.AFTER
    )
    assert changed["f"] == 1
    assert collection.find_one_and_delete({"k": 1})["_id"] == 11
    assert collection.find_one_and_update({"k": 1}, {"$set": {"f": 1}}) is None
    made = collection.find_one_and_update({"k": 77}, {"$inc": {"n": 1}}, upsert=True, return_document=True)
    assert made["n"] == 1


def test_find_and_modify_needs_the_key(client: Client, database: str, sharded: Sharded) -> None:
    with pytest.raises(OperationFailure) as caught:
        client[database][sharded()].find_one_and_delete({"x": 1})
    assert caught.value.code == 61


def test_bulk(collection: Any) -> None:
    result = collection.bulk_write(
        [
            InsertOne({"_id": "b", "k": -1}), UpdateOne({"k": -1}, {"$set": {"x": 1}}),
            ReplaceOne({"k": 5}, {"k": 5, "y": 1}, upsert=True), UpdateMany({}, {"$set": {"m": 1}}),
            DeleteOne({"k": -1}), DeleteMany({"x": 9}),
        ]
    )  # fmt: skip
    counts = (result.inserted_count, result.matched_count, result.deleted_count, result.upserted_count)
    assert counts == (1, 3, 1, 1)
    rows = [{"_id": 1, "k": -1}, {"_id": 1, "k": -1}, {"_id": 2, "k": 1}]
    with pytest.raises(BulkWriteError) as caught:
        collection.insert_many(rows)
    assert (caught.value.details["nInserted"], caught.value.details["writeErrors"][0]["index"]) == (1, 1)
    with pytest.raises(BulkWriteError) as caught:
        collection.insert_many(
            [{"_id": 1, "k": -1}, {"_id": 3, "k": 3}, {"_id": 3, "k": 3}, {"_id": 4, "k": -4}], ordered=False
        )
    details = caught.value.details
    assert details["nInserted"] == 2 and [e["index"] for e in details["writeErrors"]] == [0, 2]


def test_resends_happen_once(client: Client, database: str, sharded: Sharded) -> None:
    name = sharded()
    lsid = {"id": Binary(uuid.uuid4().bytes, 4)}
    insert = {"insert": name, "documents": [{"_id": n, "k": n - 5} for n in range(10)]}
    update = {"update": name, "updates": [{"q": {"k": n - 5}, "u": {"$inc": {"c": 1}}} for n in range(10)]}
    by_id = {"update": name, "updates": [{"q": {"_id": n}, "u": {"$inc": {"d": 1}}} for n in range(10)]}
    delete = {"delete": name, "deletes": [{"q": {"_id": n}, "limit": 1} for n in range(3)]}
    modify = {"findAndModify": name, "query": {"k": 4}, "update": {"$inc": {"f": 1}}, "new": True}
    for number, command in enumerate((insert, update, by_id, modify, delete)):
        message = {**command, "lsid": lsid, "txnNumber": Int64(number)}
        first, second = raw_command(client, database, message), raw_command(client, database, message)
        assert first["ok"] and first.get("n") == second.get("n") and first.get("value") == second.get("value")
    left = list(client[database][name].find())
    assert len(left) == 7 and all(d["c"] == 1 and d["d"] == 1 and d.get("f", 1) == 1 for d in left)


def test_a_changed_shard_key_moves_the_document(client: Client, database: str, sharded: Sharded) -> None:
    collection = client[database][sharded()]
    collection.insert_one({"_id": 1, "k": -1})
    assert collection.update_one({"k": -1}, {"$set": {"k": 1}}).modified_count == 1
    assert [d["k"] for d in collection.find()] == [1]
    moved = collection.find_one_and_update(
        {"k": 1}, {"$set": {"k": -7}}, return_document=ReturnDocument.AFTER
    )
    assert moved == {"_id": 1, "k": -7} and collection.count_documents({}) == 1
    with client.start_session() as login, login.start_transaction():
        assert collection.update_one({"k": -7}, {"$set": {"k": 7}}, session=login).modified_count == 1
    assert [d["k"] for d in collection.find()] == [7]


def test_transactions(collection: Any, client: Client) -> None:
    fill(collection)
    with client.start_session() as login:
        with login.start_transaction(
            read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
        ):
            collection.update_one({"k": -1}, {"$inc": {"n": -5}}, session=login)
            collection.update_one({"k": 1}, {"$inc": {"n": 5}}, session=login)
            collection.insert_many([{"k": -50}, {"k": 50}], session=login)
            assert collection.count_documents({}, session=login) == 22
            assert collection.count_documents({}) == 20
            assert collection.delete_many({"v": 2, "k": {"$nin": [-1, 1]}}, session=login).deleted_count > 3
        assert collection.find_one({"k": 50}) and collection.find_one({"k": -50})
        login.start_transaction()
        collection.insert_many([{"k": -60}, {"k": 60}], session=login)
        login.abort_transaction()
        assert not collection.find_one({"k": 60}) and not collection.find_one({"k": -60})


def test_write_conflicts_are_transient(collection: Any, client: Client) -> None:
    fill(collection)
    with client.start_session() as one, client.start_session() as other:
        one.start_transaction()
        other.start_transaction()
        collection.update_one({"k": 1}, {"$set": {"x": 1}}, session=one)
        with pytest.raises(OperationFailure) as caught:
            collection.update_one({"k": 1}, {"$set": {"x": 2}}, session=other)
        assert caught.value.code == 112 and caught.value.has_error_label("TransientTransactionError")
        one.commit_transaction()


def test_what_a_transaction_cannot_do(client: Client, database: str) -> None:
    client[database].c.insert_one({"k": 1})
    for command, code in (
        ({"count": "c"}, 263), ({"listCollections": 1}, 263), ({"find": "c",
        "readConcern": {"level": "linearizable"}}, 72),
    ):  # fmt: skip
        lsid = {"id": Binary(uuid.uuid4().bytes, 4)}
        message = {
            **command,
            "lsid": lsid,
            "txnNumber": Int64(1),
            "startTransaction": True,
            "autocommit": False,
        }
        assert raw_command(client, database, message)["code"] == code
    lost = {
        "find": "c",
        "lsid": {"id": Binary(uuid.uuid4().bytes, 4)},
        "txnNumber": Int64(1),
        "autocommit": False,
    }
    reply = raw_command(client, database, lost)
    assert reply["code"] == 251 and reply["errorLabels"] == ["TransientTransactionError"]


def test_concerns_and_preferences(collection: Any) -> None:
    fill(collection)
    for level in ("local", "available", "majority", "linearizable", "snapshot"):
        query = {"k": 1} if level == "linearizable" else {}
        assert list(collection.with_options(read_concern=ReadConcern(level)).find(query))
    for mode in ("PRIMARY", "PRIMARY_PREFERRED", "SECONDARY_PREFERRED", "NEAREST"):
        assert (
            collection.with_options(read_preference=getattr(ReadPreference, mode)).count_documents({}) == 20
        )
    with pytest.raises(OperationFailure) as caught:
        collection.with_options(write_concern=WriteConcern(w=5, wtimeout=100)).insert_one({"k": 1})
    assert caught.value.code in (64, 100)
    with pytest.raises(ExecutionTimeout):
        list(collection.find({"$where": "sleep(200) || true"}).max_time_ms(50))


def test_indexes(collection: Any) -> None:
    fill(collection)
    collection.create_index([("v", 1)], name="by_v")
    collection.create_index([("k", 1), ("v", 1)], unique=True)
    assert {"by_v", "k_1_v_1"} <= set(collection.index_information())
    collection.drop_index("by_v")
    assert "by_v" not in collection.index_information()
    with pytest.raises(OperationFailure) as caught:
        collection.drop_index("absent")
    assert caught.value.code == 27


def test_definitions(client: Client, database: str) -> None:
    db = client[database]
    db.create_collection("a", validator={"$jsonSchema": {"required": ["x"]}})
    with pytest.raises(OperationFailure) as caught:
        db.a.insert_one({})
    assert caught.value.code == 121
    with pytest.raises(OperationFailure) as caught:
        db.command("create", "a", capped=True, size=4096)
    assert caught.value.code == 48
    db.a.insert_one({"x": 1})
    db.a.rename("b")
    assert db.list_collection_names() == ["b"]
    db.b.drop()
    db.b.drop()
    assert db.list_collection_names() == []
    with pytest.raises(OperationFailure) as caught:
        db.command("listIndexes", "absent")
    assert caught.value.code == 26


def test_explain_has_the_shape_of_a_mongos(collection: Any, request: pytest.FixtureRequest) -> None:
    fill(collection)
    plan = collection.find({}).explain()
    stage = plan["queryPlanner"]["winningPlan"]["stage"]
    assert stage == ("SHARD_MERGE" if "sharded" in request.node.name else "SINGLE_SHARD")
    assert plan["queryPlanner"]["winningPlan"]["shards"][0]["shardName"] in ("sa", "sb")
    db = collection.database
    statement = {"update": collection.name, "updates": [{"q": {"k": 1}, "u": {"$set": {"zz": 1}}}]}
    db.command("explain", statement, verbosity="executionStats")
    assert collection.count_documents({"zz": 1}) == 0
    assert "shards" in db.command(
        "explain", {"aggregate": collection.name, "pipeline": [{"$sort": {"v": 1}}], "cursor": {}}
    )


def test_change_streams_see_all_kinds(collection: Any, client: Client) -> None:
    with (
        collection.watch(full_document="updateLookup") as stream,
        collection.database.watch() as whole,
        client.watch() as all_,
    ):
        collection.insert_one({"_id": 1, "k": 1})
        collection.update_one({"k": 1}, {"$set": {"x": 2}})
        collection.delete_one({"k": 1})
        kinds = [next(stream) for _ in range(3)]
        assert [e["operationType"] for e in kinds] == ["insert", "update", "delete"]
        assert kinds[1]["updateDescription"]["updatedFields"] == {"x": 2}
        assert next(whole)["operationType"] == "insert"
        assert any(next(all_)["ns"]["coll"] == collection.name for _ in range(5))
    with collection.watch([{"$match": {"operationType": "delete"}}], start_after=kinds[0]["_id"]) as stream:
        assert next(stream)["operationType"] == "delete"


def test_change_streams_end_with_the_collection(client: Client, database: str) -> None:
    collection = client[database].plain
    collection.insert_one({"k": 1})
    with collection.watch() as stream:
        collection.drop()
        assert next(stream)["operationType"] == "drop"
        event = next(stream)
        assert event["operationType"] == "invalidate"
        with pytest.raises(StopIteration):
            next(stream)
    with pytest.raises(OperationFailure) as caught:
        collection.watch(resume_after=event["_id"])
    assert caught.value.code == 260
    with collection.watch(start_after=event["_id"]) as stream:
        collection.insert_one({"k": 2})
        assert next(stream)["operationType"] == "insert"


def test_unacknowledged_writes(collection: Any) -> None:
    collection.with_options(write_concern=WriteConcern(w=0)).insert_one({"_id": 1, "k": 1})
    end = time.monotonic() + 10
    while not collection.find_one({"_id": 1}) and time.monotonic() < end:
        time.sleep(0.02)
    assert collection.count_documents({}) == 1


def test_killed_cursors_are_gone(collection: Any) -> None:
    fill(collection, 50)
    name = collection.name
    for command in (
        {"find": name, "batchSize": 2},
        {"aggregate": name, "pipeline": [{"$sort": {"v": 1}}], "cursor": {"batchSize": 2}},
    ):
        number = collection.database.command(command)["cursor"]["id"]
        assert collection.database.command("killCursors", name, cursors=[Int64(number)])["cursorsKilled"] == [
            number
        ]
        with pytest.raises(OperationFailure) as caught:
            collection.database.command("getMore", Int64(number), collection=name)
        assert caught.value.code == 43


def test_stale_second_router(cluster: RealCluster, client: Client, database: str, sharded: Sharded) -> None:
    with cluster.client(router=0) as one, cluster.client(router=1) as two:
        name = sharded()
        for connected in (one, two):
            connected[database][name].insert_one({"k": 1})
        one.admin.command("moveChunk", f"{database}.{name}", find={"k": 1}, to="sa", _waitForDelete=True)
        two[database][name].insert_one({"k": 2})
        assert two[database][name].count_documents({}) == 3
        one[database][name].drop()
        two[database][name].insert_one({"k": 3})
        assert two[database][name].count_documents({}) == one[database][name].count_documents({}) == 1
        one.admin.command("movePrimary", database, to="sb")
        two[database][name].insert_one({"k": 4})
        assert two[database][name].update_many({}, {"$set": {"x": 1}}).modified_count == 2


def test_many_threads(collection: Any) -> None:
    def work(number: int) -> None:
        for k in range(20):
            collection.update_one({"k": (k - 10)}, {"$inc": {"n": 1}}, upsert=False)

    fill(collection)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {d["n"] for d in collection.find()} == {8}


def test_lists_and_figures(client: Client, database: str, sharded: Sharded) -> None:
    name = sharded()
    client[database][name].insert_many([{"k": k} for k in range(-5, 5)])
    assert database in client.list_database_names()
    assert client[database].command("dbStats")["objects"] == 10
    stats = client[database].command("collStats", name)
    assert stats["sharded"] and stats["count"] == 10 and set(stats["shards"]) == {"sa", "sb"}
    assert client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"] == [
        {"user": "root", "db": "admin"}
    ]
    assert client[database].command("validate", name)["valid"]
    assert isinstance(client.admin.command("currentOp")["inprog"], list)


def test_fsync_reaches_every_shard_and_locks_none(client: Client) -> None:
    answer = client.admin.command("fsync")
    assert set(answer["all"]) == {"sa", "sb"} and all(item["ok"] == 1 for item in answer["all"].values())
    with pytest.raises(OperationFailure, match="can't do lock through mongos"):
        client.admin.command("fsync", lock=True)
