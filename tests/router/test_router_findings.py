"""What real clients rely on and a naive router gets wrong: one test a finding."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import Binary, Int64, Timestamp
from pymongo import InsertOne, MongoClient
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.server_api import ServerApi

from tests.router.realcluster import Client, RealCluster

Sharded = Callable[..., str]
MakeUser = Callable[..., Client]


def refused(code: int, call: Callable[[], Any]) -> OperationFailure:
    """The call fails with this code."""
    with pytest.raises(OperationFailure) as caught:
        call()
    assert caught.value.code == code, caught.value
    return caught.value


ADMINISTRATION: list[dict[str, Any]] = [
    {"createUser": "evil", "pwd": "x", "roles": ["root"]},
    {"updateUser": "root", "pwd": "x"},
    {"dropUser": "root"},
    {"dropAllUsersFromDatabase": 1},
    {"grantRolesToUser": "root", "roles": ["root"]},
    {"revokeRolesFromUser": "root", "roles": ["root"]},
    {
        "createRole": "evil",
        "privileges": [{"resource": {"anyResource": True}, "actions": ["anyAction"]}],
        "roles": [],
    },
    {"updateRole": "evil", "roles": ["root"]},
    {"grantRolesToRole": "evil", "roles": ["root"]},
    {
        "grantPrivilegesToRole": "evil",
        "privileges": [{"resource": {"cluster": True}, "actions": ["addShard"]}],
    },
    {"dropRole": "evil"},
    {"usersInfo": 1},
    {"usersInfo": {"forAllDBs": True}},
    {"rolesInfo": 1},
    {"balancerStop": 1},
    {"balancerStart": 1},
    {"balancerStatus": 1},
    {"setDefaultRWConcern": 1, "defaultWriteConcern": {"w": 1}},
    {"getDefaultRWConcern": 1},
    {"getLog": "global"},
    {"getParameter": "*"},
    {"getCmdLineOpts": 1},
    {"serverStatus": 1},
    {"hostInfo": 1},
    {"addShard": "x/127.0.0.1:1"},
    {"removeShard": "sb"},
    {"listShards": 1},
    {"addShardToZone": "sa", "zone": "z"},
    {"updateZoneKeyRange": "a.b", "min": {"k": 0}, "max": {"k": 1}, "zone": "z"},
    {"enableSharding": "elsewhere"},
    {"movePrimary": "elsewhere", "to": "sb"},
    {"shardCollection": "elsewhere.c", "key": {"k": 1}},
    {"flushRouterConfig": 1},
    {"setFeatureCompatibilityVersion": "6.0"},
    {"killAllSessions": []},
    {"killOp": 1, "op": "sa:1"},
    {"currentOp": 1},
]


@pytest.fixture(scope="module")
def plain_user(client: Client, cluster: RealCluster) -> Iterator[Client]:
    """A user who may read and write one database."""
    client.admin.command("createUser", "plain", pwd="pw", roles=[{"role": "readWrite", "db": "app"}])
    with cluster.client("plain", "pw", router=0) as connected:
        yield connected
    client.admin.command("dropUser", "plain")


@pytest.mark.parametrize("command", ADMINISTRATION, ids=lambda c: next(iter(c)))
def test_1_plain_user_cannot_administer(command: dict[str, Any], client: Client, plain_user: Client) -> None:
    refused(13, lambda: plain_user.admin.command(command))
    assert client.admin.command("usersInfo", "evil")["users"] == []


def test_1_internal_and_unknown_commands_do_not_exist(client: Client) -> None:
    for name in (
        "_configsvrAddShard",
        "clusterInsert",
        "_shardsvrDropCollection",
        "coordinateCommitTransaction",
        "nope",
    ):
        refused(59, lambda name=name: client.admin.command(name, 1))


FOREIGN: list[tuple[str, dict[str, Any]]] = [
    ("out", {"aggregate": "mine", "pipeline": [{"$out": {"db": "DB2", "coll": "foreign"}}], "cursor": {}}),
    ("merge", {"aggregate": "mine", "pipeline": [{"$merge": {"into": {"db": "DB2", "coll": "f"}}}],
    "cursor": {}}),
    ("out-own-db-read-only", {"aggregate": "readonly", "pipeline": [{"$out": "readonly"}], "cursor": {}}),
    ("lookup", {"aggregate": "mine", "pipeline": [{"$lookup": {"from": "secret", "localField": "a",
    "foreignField": "a", "as": "x"}}], "cursor": {}}),
    ("lookup-in-facet", {"aggregate": "mine", "pipeline": [{"$facet": {"a": [{"$lookup": {"from": "secret",
    "pipeline": [], "as": "x"}}]}}], "cursor": {}}),
    ("lookup-in-lookup", {"aggregate": "mine", "pipeline": [{"$lookup": {"from": "mine",
    "pipeline": [{"$unionWith": "secret"}], "as": "x"}}], "cursor": {}}),
    ("unionWith", {"aggregate": "mine", "pipeline": [{"$unionWith": "secret"}], "cursor": {}}),
    ("unionWith-object", {"aggregate": "mine", "pipeline": [{"$unionWith": {"coll": "secret",
    "pipeline": []}}], "cursor": {}}),
    ("graphLookup", {"aggregate": "mine", "pipeline": [{"$graphLookup": {"from": "secret",
    "startWith": "$a", "connectFromField": "a", "connectToField": "a", "as": "x"}}], "cursor": {}}),
    ("explain-find", {"explain": {"find": "secret"}}),
    ("explain-aggregate", {"explain": {"aggregate": "mine", "pipeline": [{"$unionWith": "secret"}],
    "cursor": {}}}),
    ("explain-write", {"explain": {"delete": "secret", "deletes": [{"q": {}, "limit": 0}]}}),
    ("find", {"find": "secret"}),
    ("count", {"count": "secret"}),
    ("create-view", {"create": "v", "viewOn": "secret", "pipeline": []}),
    ("collStats", {"collStats": "secret"}),
    ("watch", {"aggregate": "secret", "pipeline": [{"$changeStream": {}}], "cursor": {}}),
    ("watch-database", {"aggregate": 1, "pipeline": [{"$changeStream": {}}], "cursor": {}}),
    ("bypass", {"insert": "readonly", "documents": [{}]}),
    ("listCollections", {"listCollections": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("_id", "command"), FOREIGN, ids=[name for name, _ in FOREIGN])
def test_2_foreign_data_stay_closed(
    _id: str, command: dict[str, Any], client: Client, database: str, make_user: MakeUser
) -> None:
    client[database].secret.insert_one({"a": "hidden"})
    client[database].mine.insert_one({"a": 1})
    role = f"r_{uuid.uuid4().hex}"
    mine = {
        "resource": {"db": database, "collection": "mine"},
        "actions": ["find", "insert", "update", "remove"],
    }
    view = {"resource": {"db": database, "collection": "v"}, "actions": ["find", "createCollection"]}
    read = {"resource": {"db": database, "collection": "readonly"}, "actions": ["find"]}
    client.admin.command("createRole", role, privileges=[mine, read, view], roles=[])
    user = make_user({"role": role, "db": "admin"})
    refused(13, lambda: user[database].command(command))
    assert user[database].mine.find_one({}, {"_id": 0}) == {"a": 1}
    client.admin.command("dropRole", role)


def test_2_rename_needs_rights_on_both_sides(client: Client, database: str, make_user: MakeUser) -> None:
    client[database].secret.insert_one({"a": 1})
    user = make_user({"role": "readWrite", "db": "app"})
    for source, target in ((f"{database}.secret", "app.mine"), ("app.mine", f"{database}.secret")):
        refused(
            13, lambda s=source, t=target: user.admin.command("renameCollection", s, to=t, dropTarget=True)
        )
    refused(13, lambda: user[database].command("listCollections", 1))
    assert database not in user.list_database_names()


def test_2_a_cursor_belongs_to_its_user(client: Client, database: str, make_user: MakeUser) -> None:
    client[database].c.insert_many([{"n": n} for n in range(50)])
    owner = make_user({"role": "read", "db": database})
    other = make_user({"role": "read", "db": database})
    number = owner[database].command("find", "c", batchSize=2)["cursor"]["id"]
    refused(13, lambda: other[database].command("getMore", Int64(number), collection="c"))
    killed = other[database].command("killCursors", "c", cursors=[Int64(number)])
    assert killed["cursorsNotFound"] == [number]


def test_2_only_the_authorized_collections_are_listed(
    client: Client, database: str, make_user: MakeUser
) -> None:
    client[database].secret.insert_one({})
    client[database].mine.insert_one({})
    role = f"r_{uuid.uuid4().hex}"
    privilege = {"resource": {"db": database, "collection": "mine"}, "actions": ["find"]}
    client.admin.command("createRole", role, privileges=[privilege], roles=[])
    user = make_user({"role": role, "db": "admin"})
    reply = user[database].command("listCollections", 1, nameOnly=True, authorizedCollections=True)
    assert [item["name"] for item in reply["cursor"]["firstBatch"]] == ["mine"]


def test_2_members_own_arguments_and_stages_are_refused(client: Client, database: str) -> None:
    extras: list[dict[str, Any]] = [
        {"fromMongos": True}, {"needsMerge": True}, {"shardVersion": {}}, {"databaseVersion": {}},
    ]  # fmt: skip
    for extra in extras:
        command = {"aggregate": "c", "pipeline": [], "cursor": {}, **extra}
        refused(40415, lambda c=command: client[database].command(c))
    for stage in ("$mergeCursors", "$_internalSplitPipeline", "$_internalInhibitOptimization"):
        refused(
            40324, lambda s=stage: client[database].command("aggregate", "c", pipeline=[{s: {}}], cursor={})
        )
    client.admin.command("ping")


def _gap(cluster: RealCluster) -> None:
    """Push one shard's clock ahead of the other's."""
    with cluster.member_client(cluster.primary("sb")) as ahead:
        for _ in range(300):
            ahead.admin.command("appendOplogNote", 1, data={"m": 1})


def test_3_change_streams_lose_nothing(
    client: Client, cluster: RealCluster, database: str, sharded: Sharded
) -> None:
    collection = client[database][sharded()]
    collection.insert_one({"k": -5, "before": True})
    for attempt in range(3):
        _gap(cluster)
        with collection.watch() as stream, cluster.client(router=1) as writer:
            for number in range(4):
                writer[database].c.insert_one({"k": -1 - number, "n": number, "a": attempt})
                writer[database].c.insert_one({"k": 1 + number, "n": number, "a": attempt})
            seen = [next(stream)["fullDocument"] for _ in range(8)]
        assert sorted((d["n"], d["k"] > 0) for d in seen) == sorted(
            (n, s) for n in range(4) for s in (False, True)
        )
        assert all(d["a"] == attempt for d in seen), "an event from before watch() came too"


def test_3_change_streams_resume_and_keep_the_order(client: Client, database: str, sharded: Sharded) -> None:
    collection = client[database][sharded()]
    with collection.watch() as stream:
        for number in range(10):
            collection.insert_one({"k": -1 if number % 2 else 1, "n": number})
        tokens = []
        for number in range(10):
            event = next(stream)
            assert event["fullDocument"]["n"] == number
            tokens.append(event["_id"])
    with collection.watch(resume_after=tokens[3]) as stream:
        assert [next(stream)["fullDocument"]["n"] for _ in range(6)] == list(range(4, 10))


def test_4_snapshots_hold_over_shards(client: Client, database: str, sharded: Sharded) -> None:
    collection = client[database][sharded()]
    collection.insert_many([{"k": k, "v": 0} for k in (-1, 1)])
    stop = threading.Event()

    def writer() -> None:
        with client.start_session() as login:
            value = 0
            while not stop.is_set():
                value += 1

                def both(inner: Any, value: int = value) -> None:
                    for k in (-1, 1):
                        collection.update_one({"k": k}, {"$set": {"v": value}}, session=inner)

                login.with_transaction(both)

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        for _ in range(30):
            with client.start_session(snapshot=True) as login:
                values = {d["v"] for d in collection.find({}, session=login)}
                assert len(values) == 1
                assert {d["v"] for d in collection.aggregate([{"$match": {}}], session=login)} == values
            with (
                client.start_session() as login,
                login.start_transaction(read_concern=ReadConcern("snapshot")),
            ):
                first = collection.find_one({"k": -1}, session=login)
                second = collection.find_one({"k": 1}, session=login)
                assert first and second and first["v"] == second["v"]
    finally:
        stop.set()
        thread.join()


def test_4_the_chosen_time_is_in_the_cursor(client: Client, database: str, sharded: Sharded) -> None:
    name = sharded()
    client[database][name].insert_many([{"k": k} for k in (-1, 1)])
    concern = {"level": "snapshot"}
    found = client[database].command("find", name, readConcern=concern)
    assert isinstance(found["cursor"]["atClusterTime"], Timestamp)
    refused(72, lambda: client[database].command("distinct", name, key="k", readConcern=concern))
    client[database].plain.insert_one({"k": 1})
    distinct = client[database].command("distinct", "plain", key="k", readConcern=concern)
    assert isinstance(distinct["atClusterTime"], Timestamp)


def test_5_revoked_roles_end_at_once_on_this_router(
    client: Client, database: str, cluster: RealCluster
) -> None:
    with cluster.client(router=0) as admin:
        admin.admin.command("createUser", "fleeting", pwd="pw", roles=[{"role": "readWrite", "db": database}])
        with cluster.client("fleeting", "pw", router=0) as user:
            user[database].c.insert_many([{"n": n} for n in range(50)])
            number = user[database].command("find", "c", batchSize=2)["cursor"]["id"]
            admin.admin.command(
                "revokeRolesFromUser", "fleeting", roles=[{"role": "readWrite", "db": database}]
            )
            refused(13, lambda: user[database].c.find_one())
            refused(13, lambda: user[database].command("getMore", Int64(number), collection="c"))
            admin.admin.command("dropUser", "fleeting")
            refused(13, lambda: user[database].c.find_one())


@pytest.mark.full
def test_5_revoked_roles_end_soon_on_the_other_router(
    client: Client, database: str, cluster: RealCluster
) -> None:
    with cluster.client(router=0) as admin, cluster.client(router=1) as _:
        admin.admin.command("createUser", "distant", pwd="pw", roles=[{"role": "readWrite", "db": database}])
        with cluster.client("distant", "pw", router=1) as user:
            user[database].c.insert_one({})
            admin.admin.command(
                "revokeRolesFromUser", "distant", roles=[{"role": "readWrite", "db": database}]
            )
            end = datetime.datetime.now() + datetime.timedelta(seconds=30)
            ended = False
            while not ended and datetime.datetime.now() < end:
                try:
                    user[database].c.find_one()
                except OperationFailure as error:
                    ended = error.code == 13
            assert ended
        admin.admin.command("dropUser", "distant")


def test_6_big_batches(client: Client, database: str, sharded: Sharded) -> None:
    collection = client[database][sharded()]
    text = "x" * 1_000_000
    result = collection.insert_many([{"k": n - 22, "t": text} for n in range(45)], ordered=False)
    assert len(result.inserted_ids) == 45
    plain = client[database].plain
    assert len(plain.insert_many([{"n": n, "t": text} for n in range(47)]).inserted_ids) == 47
    with client.start_session() as login, login.start_transaction():
        collection.insert_many([{"k": n - 10, "tx": 1, "t": text} for n in range(20)], session=login)
    assert collection.count_documents({"tx": 1}) == 20


def test_7_stable_api(cluster: RealCluster, database: str, sharded: Sharded) -> None:
    name = sharded()
    api = ServerApi("1", strict=True, deprecation_errors=True)
    with MongoClient[dict[str, Any]](cluster.uri(), server_api=api) as strict:
        collection = strict[database][name]
        collection.insert_many([{"k": k} for k in range(-5, 5)])
        assert collection.count_documents({}) == 10
        assert len(list(collection.aggregate([{"$group": {"_id": "$k"}}, {"$sort": {"_id": 1}}]))) == 10
        assert [d["k"] for d in collection.find().sort("k", -1)] == list(range(4, -6, -1))
        with strict.start_session() as login, login.start_transaction():
            for k in (-1, 1):
                collection.update_one({"k": k}, {"$set": {"x": 1}}, session=login)
        assert collection.count_documents({"x": 1}) == 2
        refused(323, lambda: collection.distinct("k"))
        refused(323, lambda: strict.admin.command("listShards"))
    with cluster.client() as plain:
        refused(322, lambda: plain.admin.command("ping", apiVersion="2"))


def test_8_list_collections_over_several_batches(client: Client, database: str) -> None:
    for number in range(7):
        client[database].create_collection(f"c{number}")
    with client.start_session() as login:
        found = client[database].list_collections(session=login, cursor={"batchSize": 2})
        assert sorted(item["name"] for item in found) == [f"c{n}" for n in range(7)]
    assert len(list(client[database].list_collections(cursor={"batchSize": 2}))) == 7


def test_8_kill_sessions_kills_cursors(client: Client, database: str, sharded: Sharded) -> None:
    name = sharded()
    client[database][name].insert_many([{"k": n - 50} for n in range(100)])
    for command in (
        {"find": name, "batchSize": 2},
        {"aggregate": name, "pipeline": [{"$sort": {"k": 1}}], "cursor": {"batchSize": 2}},
    ):
        with client.start_session() as login:
            number = client[database].command(command, session=login)["cursor"]["id"]
            client.admin.command("killSessions", [login.session_id])
            refused(
                43,
                lambda n=number, s=login: client[database].command(
                    "getMore", Int64(n), collection=name, session=s
                ),
            )


def test_9_recovery_token_finds_the_outcome(
    client: Client, cluster: RealCluster, database: str, sharded: Sharded
) -> None:
    name = sharded()
    lsid = {"id": Binary(uuid.uuid4().bytes, 4)}
    base = {"lsid": lsid, "txnNumber": Int64(1), "autocommit": False}
    with cluster.client(router=0) as first, cluster.client(router=1) as second:
        start = {"insert": name, "documents": [{"k": -1}], "startTransaction": True, **base}
        one = _raw(first, database, start)
        two = _raw(first, database, {"insert": name, "documents": [{"k": 1}], **base})
        assert one["recoveryToken"]["recoveryShardId"] == two["recoveryToken"]["recoveryShardId"] == "sa"
        _raw(first, "admin", {"commitTransaction": 1, **base, "recoveryToken": two["recoveryToken"]})
        again = {"commitTransaction": 1, **base, "recoveryToken": two["recoveryToken"]}
        assert _raw(second, "admin", again)["ok"] == 1
        assert _raw(first, "admin", again)["ok"] == 1
    assert client[database][name].count_documents({}) == 2


def _raw(connected: Client, database: str, command: dict[str, Any]) -> dict[str, Any]:
    """A command with its own driver session fields (pymongo would replace them)."""
    from tests.router.rawclient import raw_command

    return raw_command(connected, database, command)


def test_9_aggregate_over_shards_in_a_transaction(client: Client, database: str, sharded: Sharded) -> None:
    collection = client[database][sharded()]
    with client.start_session() as login, login.start_transaction():
        collection.insert_many([{"k": k, "g": abs(k) % 2} for k in range(-4, 4)], session=login)
        grouped = collection.aggregate(
            [{"$group": {"_id": "$g", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}], session=login
        )
        assert list(grouped) == [{"_id": 0, "n": 4}, {"_id": 1, "n": 4}]
        assert collection.count_documents({}, session=login) == 8
        assert [d["k"] for d in collection.find({}, session=login).sort("k", 1).skip(2).limit(3)] == [
            -2,
            -1,
            0,
        ]


def test_9_read_concern_only_on_the_first_statement(client: Client, database: str) -> None:
    client[database].create_collection("c")
    lsid = {"id": Binary(uuid.uuid4().bytes, 4)}
    base = {"lsid": lsid, "txnNumber": Int64(1), "autocommit": False}
    _raw(client, database, {"find": "c", "startTransaction": True, **base})
    late = {"find": "c", "readConcern": {"level": "majority"}, **base}
    assert _raw(client, database, late)["code"] == 72
    _raw(client, "admin", {"abortTransaction": 1, **base})


def test_10_every_reply_has_times_and_nothing_internal(
    client: Client, database: str, sharded: Sharded
) -> None:
    name = sharded()
    db = client[database]
    replies = [
        db.command("insert", name, documents=[{"k": -1}, {"k": 1}]),
        db.command("insert", "plain", documents=[{"k": 1}]),
        db.command("update", name, updates=[{"q": {}, "u": {"$set": {"x": 1}}, "multi": True}]),
        db.command("find", name),
        db.command("find", "plain"),
        db.command("count", name),
        db.command("distinct", name, key="k"),
        db.command("aggregate", name, pipeline=[{"$sort": {"k": 1}}], cursor={}),
        db.command("findAndModify", "plain", query={}, update={"$set": {"a": 1}}),
        db.command("createIndexes", name, indexes=[{"key": {"x": 1}, "name": "x"}]),
        db.command("listCollections"),
        db.command("listIndexes", name),
        db.command("dbStats"),
        db.command("collStats", name),
        db.command("delete", name, deletes=[{"q": {"k": 1}, "limit": 1}]),
        client.admin.command("ping"),
        client.admin.command("listDatabases"),
        client.admin.command("listShards"),
        client.admin.command("hello"),
    ]
    error = refused(26, lambda: db.command("listIndexes", "absent"))
    for reply in [*replies, error.details or {}]:
        assert isinstance(reply.get("operationTime"), Timestamp), reply
        assert reply["$clusterTime"]["signature"]["keyId"] != 0, reply
        internal = {
            "lastCommittedOpTime",
            "$configTime",
            "$topologyTime",
            "$gleStats",
            "electionId",
            "opTime",
            "readOnly",
        }
        assert not internal & (set(reply) - ({"readOnly"} if "msg" in reply else set())), reply


def test_10_causal_reads_see_own_writes_through_the_other_router(cluster: RealCluster, database: str) -> None:
    with cluster.client(router=0) as first, cluster.client(router=1) as second:
        for number in range(20):
            with first.start_session(causal_consistency=True) as one, second.start_session() as two:
                first[database].c.insert_one({"_id": number}, session=one)
                assert one.cluster_time is not None and one.operation_time is not None
                two.advance_cluster_time(one.cluster_time)
                two.advance_operation_time(one.operation_time)
                assert second[database].c.find_one({"_id": number}, session=two)


def test_unsigned_times_of_clients_do_not_move_the_clock(client: Client, database: str) -> None:
    future = Timestamp(2**31 - 10, 1)
    forged = {"clusterTime": future, "signature": {"hash": Binary(b"\0" * 20), "keyId": Int64(0)}}
    client[database].command({"ping": 1, "$clusterTime": forged})
    assert client.admin.command("ping")["$clusterTime"]["clusterTime"] < future


def test_bulk_through_both_shards_reports_by_position(
    client: Client, database: str, sharded: Sharded
) -> None:
    collection = client[database][sharded()]
    result = collection.bulk_write([InsertOne({"k": n - 5}) for n in range(10)], ordered=False)
    assert result.inserted_count == 10
