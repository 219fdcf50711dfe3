"""Many clients and slow ones: the router serves on and its memory stays bounded."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bson
import pytest

from infra.router.server import MAX_CONNECTIONS
from tests.router.rawclient import RawConnection
from tests.router.realcluster import Client, RealCluster
from tests.router.test_router_garbage import memory_mb

HEADER = struct.Struct("<iiii")
MANY = 1500
"""Above the usual soft limit of 1,024 open files."""


@pytest.fixture
def document(client: Client, database: str) -> str:
    """A database with one document of a megabyte in `c`."""
    client[database].c.insert_one({"_id": 1, "t": "x" * 1_000_000})
    return database


@contextlib.contextmanager
def connected(cluster: RealCluster, count: int) -> Iterator[list[RawConnection]]:
    """That many connections to the first router."""
    port, ca = cluster.router_ports[0], str(cluster.ca)
    with ThreadPoolExecutor(8) as pool:
        connections = list(pool.map(lambda _: RawConnection(port, ca, timeout=60), range(count)))
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def frame(command: dict[str, Any]) -> bytes:
    """A command as OP_MSG."""
    body = b"\0\0\0\0\0" + bson.encode(command)
    return HEADER.pack(16 + len(body), 1, 0, 2013) + body


@pytest.mark.full
def test_more_clients_than_the_usual_limit_of_files(cluster: RealCluster, client: Client) -> None:
    before = memory_mb(cluster.router_processes[0].pid)
    with connected(cluster, MANY) as connections:
        for connection in (connections[0], connections[-1]):
            assert connection.command({"ping": 1, "$db": "admin"})["ok"] == 1
        assert client.admin.command("serverStatus")["connections"]["current"] > MANY
        assert MAX_CONNECTIONS > MANY
        assert memory_mb(cluster.router_processes[0].pid) - before < MANY * 0.3
    assert client.admin.command("ping")["ok"] == 1


def test_who_reads_no_answers_gets_no_more(cluster: RealCluster, client: Client, document: str) -> None:
    with connected(cluster, 1) as [slow]:
        slow.login("root", "rootpw")
        before = memory_mb(cluster.router_processes[0].pid)
        slow.socket.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            slow.socket.sendall(frame({"find": "c", "$db": document}) * 300)
        assert client[document].c.count_documents({}) == 1
        assert memory_mb(cluster.router_processes[0].pid) - before < 60
        slow.socket.settimeout(60)
        assert slow.receive()["cursor"]["firstBatch"][0]["_id"] == 1


def test_half_a_message_holds_nobody_up(cluster: RealCluster, client: Client, document: str) -> None:
    whole = frame({"find": "c", "$db": document})
    with connected(cluster, 20) as halves:
        for number, connection in enumerate(halves):
            connection.socket.sendall(whole[: 1 + number * 2])
        assert client[document].c.find_one({}, {"t": 0}) == {"_id": 1}
        halves[-1].socket.sendall(whole[39:])
        assert halves[-1].receive()["code"] == 13


def test_a_client_that_leaves_frees_what_it_had(cluster: RealCluster, client: Client, document: str) -> None:
    with connected(cluster, 30) as connections:
        for connection in connections:
            connection.login("root", "rootpw")
            slow = {"find": "c", "filter": {"$where": "sleep(3000)||true"}, "$db": document}
            connection.socket.sendall(frame(slow))
    waiting = threading.Event()
    for _ in range(100):
        status = client.admin.command("serverStatus")
        if status["connections"]["current"] < 30:
            break
        waiting.wait(0.1)
    assert client.admin.command("serverStatus")["connections"]["current"] < 30
