"""Every command of a mongos 6.0, tried by somebody who may do nothing; and names that nobody knows."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from infra.router.commands import ADMIN_ONLY, BEFORE_LOGIN, COMMANDS, TEST_COMMANDS
from tests.router.rawclient import RawConnection
from tests.router.realcluster import Client, RealCluster

NOT_SERVED = {
    "_hashBSONElement", "_isSelf", "_killOperations", "_mergeAuthzCollections",
    "abortReshardCollection", "appendOplogNote", "authenticate", "cleanupReshardCollection",
    "commitReshardCollection", "compact", "connPoolStats", "connPoolSync",
    "coordinateCommitTransaction", "dropConnections", "echo", "filemd5", "fsyncUnlock",
    "getDiagnosticData", "getnonce", "logApplicationMessage", "logMessage", "logRotate", "mergeChunks",
    "multicast", "netstat", "planCacheClearFilters", "planCacheListFilters", "planCacheSetFilter",
    "profile", "refreshLogicalSessionCacheNow", "repairShardedCollectionChunksHistory",
    "rotateCertificates", "setAllowMigrations", "setFreeMonitoring", "setIndexCommitQuorum",
    "setParameter", "setProfilingFilterGlobally", "shutdown", "splitVector", "startRecordingTraffic",
    "stopRecordingTraffic", "validateDBMetadata", "waitForFailPoint", "whatsmysni",
}  # fmt: skip
"""Commands of a mongos 6.0 that the stand-in has not."""
OF_MEMBERS = {
    "_configsvrAddShard", "_configsvrMoveRange", "_configsvrCreateDatabase", "_shardsvrDropCollection",
    "_shardsvrDropDatabase", "_shardsvrMovePrimary", "_flushRoutingTableCacheUpdates",
    "_getUserCacheGeneration", "applyOps", "clusterAggregate", "clusterFind", "clusterInsert",
    "clusterUpdate", "clusterGetMore", "internalRenameIfOptionsAndIndexesMatch", "prepareTransaction",
    "replSetInitiate", "replSetReconfig", "replSetStepDown", "replSetStepUp", "splitChunk",
    "moveChunkNow", "_recvChunkStart", "donorAbortMigration", "godinsert", "sleep",
    "testInternalTransactions", "eval", "$eval", "nope",
}  # fmt: skip
"""What must never get through a router, for nobody."""
OPEN = {
    "hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "connectionStatus", "whatsmyuri",
    "isdbgrid", "listCommands", "features", "startSession", "endSessions", "refreshSessions",
    "killSessions", "saslStart", "saslContinue", "logout", "listDatabases", "getMore", "killCursors",
    "commitTransaction", "abortTransaction", "replSetGetStatus", "replSetGetConfig", "usersInfo",
}  # fmt: skip
"""Open to everybody who is logged in, as on a mongos: they show and end only what is one's own."""
_PRIVATE = ("root", "rootpw", "storedKey", "secretdb")


@pytest.fixture(scope="module")
def nobody(cluster: RealCluster, client: Client) -> Iterator[RawConnection]:
    """A connection of a user without any role."""
    name = f"n{secrets.token_hex(4)}"
    client.admin.command("createUser", name, pwd="pw", roles=[])
    client.secretdb.c.insert_one({"_id": 1})
    connection = RawConnection(cluster.router_ports[0], str(cluster.ca))
    connection.login(name, "pw")
    yield connection
    connection.close()
    client.drop_database("secretdb")
    client.admin.command("dropUser", name)


def sample(name: str) -> dict[str, Any]:
    """A command that would be run if the user were allowed to."""
    special: dict[str, dict[str, Any]] = {
        "aggregate": {"aggregate": "c", "pipeline": [], "cursor": {}},
        "distinct": {"distinct": "c", "key": "k"}, "dataSize": {"dataSize": "secretdb.c"},
        "datasize": {"datasize": "secretdb.c"},
        "insert": {"insert": "c", "documents": [{"k": 1}]}, "explain": {"explain": {"find": "c"}},
        "update": {"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}}]},
        "delete": {"delete": "c", "deletes": [{"q": {}, "limit": 0}]},
        "renameCollection": {"renameCollection": "secretdb.c", "to": "secretdb.d"},
        "killSessions": {"killSessions": []}, "endSessions": {"endSessions": []},
        "refreshSessions": {"refreshSessions": []}, "killAllSessions": {"killAllSessions": []},
        "killAllSessionsByPattern": {"killAllSessionsByPattern": []},
        "usersInfo": {"usersInfo": 1}, "killCursors": {"killCursors": "c", "cursors": []},
        "createUser": {"createUser": "x", "pwd": "x", "roles": ["root"]},
        "grantRolesToUser": {"grantRolesToUser": "x", "roles": ["root"]},
    }  # fmt: skip
    value = {**special.get(name, {name: "c" if name not in ADMIN_ONLY else "secretdb.c"})}
    return {**value, "$db": "admin" if name in ADMIN_ONLY else "secretdb"}


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - OPEN - TEST_COMMANDS))
def test_without_privileges_every_command_is_refused(nobody: RawConnection, name: str) -> None:
    reply = nobody.command(sample(name))
    assert (reply["ok"], reply["code"], reply["codeName"]) == (0, 13, "Unauthorized"), reply


@pytest.mark.parametrize("name", sorted(OPEN - {"saslStart", "saslContinue", "logout"}))
def test_what_is_open_to_all_shows_nothing_of_others(nobody: RawConnection, name: str) -> None:
    reply = nobody.command(sample(name))
    assert reply["ok"] or reply["code"] in (13, 14, 43, 59, 125), reply
    assert not any(word in repr(reply.get("databases", reply.get("users", ""))) for word in _PRIVATE)


@pytest.mark.parametrize("name", sorted({*NOT_SERVED, *OF_MEMBERS, *TEST_COMMANDS}))
def test_unknown_commands_do_not_exist_for_anybody(nobody: RawConnection, client: Client, name: str) -> None:
    assert name not in COMMANDS or name in TEST_COMMANDS
    for database in ("admin", "secretdb"):
        reply = nobody.command({name: 1, "$db": database})
        assert (reply["ok"], reply["code"], reply["codeName"]) == (0, 59, "CommandNotFound"), reply
        assert reply["errmsg"] == f"no such command: '{name}'"


def test_before_the_login_only_handshakes_are_answered(cluster: RealCluster) -> None:
    connection = RawConnection(cluster.router_ports[0], str(cluster.ca))
    for name in sorted(set(COMMANDS) - BEFORE_LOGIN - TEST_COMMANDS):
        assert connection.command(sample(name))["code"] == 13, name
    connection.close()


def test_list_commands_tells_what_is_served(client: Client) -> None:
    listed = set(client.admin.command("listCommands")["commands"])
    assert listed == set(COMMANDS) - TEST_COMMANDS
    assert not listed & {*NOT_SERVED, *OF_MEMBERS}
