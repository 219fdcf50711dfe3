"""Fail points and streamed hellos: what the drivers' own test suites need of a mongos with test commands."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson
import pymongo
import pytest
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from infra.router.failpoints import FailPoints
from infra.router.request import ClientState, Request
from infra.router.wire import OP_MSG, Message
from tests.router.rawclient import RawConnection
from tests.router.realcluster import ROOT, Client, RealCluster

HEADER = struct.Struct("<iiii")
EXHAUST = 1 << 16


@pytest.fixture(scope="module")
def testing(cluster: RealCluster) -> Iterator[Client]:
    """The administrator through a router that was started with test commands."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [*cluster.router_argv(port), "--test-commands", "--log", str(cluster.directory / "testing.log")]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        cluster.wait_router(port)
        uri = cluster.uri(port=port) + "&appName=subject"
        with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=10000) as connected:
            yield connected
    finally:
        process.kill()
        process.wait()


@contextmanager
def failing(client: Client, mode: Any, **data: Any) -> Iterator[None]:
    """failCommand is on meanwhile."""
    client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    try:
        yield
    finally:
        client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_a_command_fails_as_told(testing: Client) -> None:
    with failing(testing, {"times": 1}, failCommands=["ping"], errorCode=89, errorLabels=["Mine"]):
        with pytest.raises(PyMongoError) as caught:
            testing.admin.command("ping")
        assert caught.value.has_error_label("Mine")
        assert testing.admin.command("ping")["ok"] == 1
    with failing(testing, "alwaysOn", failCommands=["find"], errorCode=2):
        for _ in range(2):
            with pytest.raises(OperationFailure):
                testing.t.c.find_one()
        assert testing.admin.command("ping")["ok"] == 1


def test_only_the_named_application_is_meant(testing: Client) -> None:
    with failing(testing, "alwaysOn", failCommands=["ping"], errorCode=2, appName="somebody else"):
        assert testing.admin.command("ping")["ok"] == 1
    meant = {"failCommands": ["ping"], "errorCode": 2, "appName": "subject"}
    with failing(testing, "alwaysOn", **meant), pytest.raises(OperationFailure):
        testing.admin.command("ping")


def test_connections_are_cut_and_held_up(testing: Client) -> None:
    cut = {"failCommands": ["ping"], "closeConnection": True}
    with failing(testing, {"times": 1}, **cut), pytest.raises(AutoReconnect):
        testing.admin.command("ping")
    held = {"failCommands": ["ping"], "blockConnection": True, "blockTimeMS": 5000}
    with failing(testing, "alwaysOn", **held), pytest.raises(PyMongoError), pymongo.timeout(0.3):
        testing.admin.command("ping")


def test_write_concern_errors_come_with_the_result(testing: Client) -> None:
    concern = {"code": 91, "errmsg": "told so"}
    with failing(testing, {"times": 1}, failCommands=["insert"], writeConcernError=concern):
        reply = testing.t.command("insert", "c", documents=[{}], check=False)
    assert (reply["n"], reply["writeConcernError"]) == (1, concern)
    testing.drop_database("t")


def test_retryable_writes_are_sent_again(testing: Client) -> None:
    told = {"failCommands": ["insert"], "errorCode": 10107, "errorLabels": ["RetryableWriteError"]}
    with failing(testing, {"times": 1}, **told):
        testing.t.c.insert_one({"_id": 1})
    assert testing.t.c.count_documents({}) == 1
    testing.drop_database("t")


def test_change_streams_go_on_after_a_failed_get_more(testing: Client) -> None:
    with testing.t.c.watch() as stream:
        testing.t.c.insert_one({"_id": 1})
        testing.admin.command(
            "configureFailPoint", "failGetMoreAfterCursorCheckout", mode={"times": 1}, data={"errorCode": 91}
        )
        assert next(stream)["fullDocument"] == {"_id": 1}
    testing.drop_database("t")


def test_without_test_commands_there_are_none(client: Client) -> None:
    with pytest.raises(OperationFailure) as caught:
        client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert caught.value.code == 59
    assert client.admin.command("getParameter", enableTestCommands=1)["enableTestCommands"] is False


@pytest.mark.parametrize("mode", ["on", {"times": -1}, {"times": -1, "skip": 0}, {"often": 1}, 7, {}])
def test_modes_that_no_server_takes(testing: Client, mode: Any) -> None:
    with pytest.raises(OperationFailure):
        testing.admin.command("configureFailPoint", "failCommand", mode=mode, data={})
    with pytest.raises(OperationFailure):
        testing.admin.command("configureFailPoint", "noSuchPoint", mode="off")


@pytest.mark.parametrize(
    ("mode", "hits"),
    [
        ("alwaysOn", [1, 1, 1, 1]),
        ({"times": 2}, [1, 1, 0, 0]),
        ({"skip": 2}, [0, 0, 1, 1]),
        ({"times": 0}, [0] * 4),
        ({"times": 1, "skip": 0}, [1, 0, 0, 0]),
        ({"skip": 3, "times": 2}, [1, 1, 0, 0]),
    ],
)
def test_how_often(mode: Any, hits: list[int]) -> None:
    points, seen = FailPoints(), []
    points.configure("failGetMoreAfterCursorCheckout", mode, {"errorCode": 1})
    request = Request(Message(1, OP_MSG, b""), {"getMore": 1}, "getMore", "d", ClientState(1))
    for _ in hits:
        try:
            points.get_more(request, change_stream=False)
        except Exception:
            seen.append(1)
        else:
            seen.append(0)
    assert seen == hits


# -- hello


def hello(connection: RawConnection, flags: int, **extra: Any) -> None:
    """Send a hello with flags, without waiting."""
    body = struct.pack("<I", flags) + b"\0" + bson.encode({"hello": 1, **extra, "$db": "admin"})
    connection.socket.sendall(HEADER.pack(16 + len(body), 7, 0, 2013) + body)


def receive(connection: RawConnection) -> tuple[int, int, int, dict[str, Any]]:
    """(own id, answered id, flags, document) of the next reply."""
    length, own, answered, _ = HEADER.unpack(connection._exactly(16))
    body = connection._exactly(length - 16)
    return own, answered, struct.unpack_from("<I", body)[0], bson.decode(body[5:])


@pytest.fixture
def monitor(cluster: RealCluster) -> Iterator[RawConnection]:
    """A connection as a driver's monitor opens it."""
    connection = RawConnection(cluster.router_ports[0], str(cluster.ca))
    yield connection
    connection.close()


def test_hellos_stream(monitor: RawConnection) -> None:
    hello(monitor, EXHAUST)
    _, _, flags, first = receive(monitor)
    assert (flags & 2, first["topologyVersion"]["counter"]) == (0, 0)
    hello(monitor, EXHAUST, topologyVersion=first["topologyVersion"], maxAwaitTimeMS=50)
    own, answered, flags, _ = receive(monitor)
    assert (answered, flags & 2) == (7, 2)
    _, chained, _, second = receive(monitor)
    assert chained == own and second["topologyVersion"] == first["topologyVersion"]


def test_a_state_of_another_router_is_not_streamed(monitor: RawConnection) -> None:
    other = {"processId": bson.ObjectId(), "counter": bson.Int64(0)}
    hello(monitor, EXHAUST, topologyVersion=other, maxAwaitTimeMS=600_000)
    assert not receive(monitor)[2] & 2


def test_a_hello_waits_for_a_change_only_when_it_knows_the_state(monitor: RawConnection) -> None:
    hello(monitor, 0)
    known = receive(monitor)[3]["topologyVersion"]
    answered = threading.Event()
    hello(monitor, 0, topologyVersion=known, maxAwaitTimeMS=300)
    waiting = threading.Thread(target=lambda: (receive(monitor), answered.set()))
    waiting.start()
    assert not answered.wait(0.1)
    waiting.join()
    hello(monitor, 0, topologyVersion={**known, "processId": bson.ObjectId()}, maxAwaitTimeMS=600_000)
    assert receive(monitor)[3]["ok"] == 1
    hello(monitor, 0, topologyVersion=known)
    assert receive(monitor)[3]["code"] == 31368


def test_compression_is_not_negotiated(monitor: RawConnection) -> None:
    hello(monitor, 0, compression=["snappy", "zstd", "zlib"])
    assert "compression" not in receive(monitor)[3]
