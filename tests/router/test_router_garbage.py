"""Garbage on the router's port: the connection ends or an error comes back; the router serves on."""

from __future__ import annotations

import os
import random
import socket
import struct
from collections.abc import Iterator

import bson
import pytest

from tests.router.rawclient import RawConnection
from tests.router.realcluster import Client, RealCluster

HEADER = struct.Struct("<iiii")
PING = bson.encode({"ping": 1, "$db": "admin"})


def memory_mb(process_id: int) -> float:
    """Resident memory of a process."""
    with open(f"/proc/{process_id}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture
def raw(cluster: RealCluster, client: Client) -> Iterator[RawConnection]:
    """A connection to the first router; afterwards the router must still be the same and serve."""
    process = cluster.router_processes[0]
    connection = RawConnection(cluster.router_ports[0], str(cluster.ca), timeout=60)
    yield connection
    connection.close()
    assert process.poll() is None
    with cluster.client(router=0) as again:
        assert again.admin.command("ping")["ok"] == 1
    for members in cluster.sets.values():
        assert all(member.process and member.process.poll() is None for member in members)


def is_closed(connection: RawConnection) -> bool:
    """The router closed the connection (and did not just keep silent)."""
    try:
        connection.receive()
    except (ConnectionError, OSError) as error:
        return not isinstance(error, TimeoutError)
    return False


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(2**31 - 1, 1, 0, 2013),
        HEADER.pack(48_000_001, 1, 0, 2013),
        HEADER.pack(-5, 1, 0, 2013),
        HEADER.pack(3, 1, 0, 2013),
        HEADER.pack(100, 1, 0, 2012) + b"x" * 84,
        HEADER.pack(100, 1, 0, 2006) + b"x" * 84,
        HEADER.pack(21 + len(PING), 1, 0, 2013) + b"\x04\0\0\0\0" + PING,
        HEADER.pack(20, 1, 0, 2013) + b"\0\0\0\0",
        HEADER.pack(25, 1, 0, 2013) + b"\0\0\0\0\0\xff\xff\xff\x7f",
        b"GET / HTTP/1.1\r\nHost: router\r\n\r\n",
        os.urandom(4096),
    ],
    ids=["int-max", "too-long", "negative", "short", "compressed", "delete", "flags", "empty", "section",
    "http", "random"],
)  # fmt: skip
def test_broken_frames_close_the_connection(raw: RawConnection, data: bytes) -> None:
    raw.socket.sendall(data)
    assert is_closed(raw)


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<i", 20) + b"\x02" + b"a" * 15,
        struct.pack("<i", 12) + b"\x63ab\0\0\0\0\0",
        bson.encode({}),
        bson.encode({"find": 5, "$db": "a"}),
        bson.encode({"find": "x", "$db": "a b"}),
        bson.encode({"ping": 1, "$db": 5}),
        bson.encode({"find": "c", "lsid": 7, "$db": "a"}),
        bson.encode({"aggregate": "c", "pipeline": 7, "$db": "a"}),
        bson.encode(
            {"isMaster": 1, "speculativeAuthenticate": {"saslStart": 1, "payload": 5}, "$db": "admin"}
        ),
        bson.encode({"saslContinue": 1, "payload": b"x", "conversationId": 1, "$db": "admin"}),
        bson.encode({"saslStart": 1, "mechanism": "NONE", "payload": b"x", "$db": "admin"}),
        bson.encode({"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": b"\xff\xfe", "$db": "admin"}),
    ],
)
def test_broken_commands_get_an_answer(raw: RawConnection, body: bytes) -> None:
    raw.socket.sendall(HEADER.pack(21 + len(body), 1, 0, 2013) + b"\0\0\0\0\0" + body)
    try:
        reply = raw.receive()
    except ConnectionError:
        return
    assert "ok" in reply
    assert raw.command({"ping": 1, "$db": "admin"})["ok"] == 1


def test_deeply_nested_documents(raw: RawConnection) -> None:
    document = b"\x05\0\0\0\0"
    for _ in range(5000):
        document = struct.pack("<i", len(document) + 8) + b"\x03a\0" + document + b"\0"
    raw.socket.sendall(HEADER.pack(21 + len(document), 1, 0, 2013) + b"\0\0\0\0\0" + document)
    try:
        assert not raw.receive()["ok"]
    except ConnectionError:
        return


def test_nothing_but_handshakes_before_login(raw: RawConnection) -> None:
    for command in (
        {"find": "c"},
        {"insert": "c", "documents": [{}]},
        {"listDatabases": 1},
        {"getMore": 1, "collection": "c"},
    ):
        assert raw.command({**command, "$db": "admin"})["code"] == 13


def test_half_open_and_slow_clients_cost_little(raw: RawConnection, cluster: RealCluster) -> None:
    before = memory_mb(cluster.router_processes[0].pid)
    port, ca = cluster.router_ports[0], str(cluster.ca)
    slow = []
    for _ in range(50):
        connection = RawConnection(port, ca)
        connection.socket.sendall(HEADER.pack(900_000, 1, 0, 2013) + b"\0" * 100)
        slow.append(connection)
    bare = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    assert raw.command({"ping": 1, "$db": "admin"})["ok"] == 1
    assert memory_mb(cluster.router_processes[0].pid) - before < 150
    for connection in [*slow, *bare]:
        connection.close()


def test_a_flood_before_login_is_not_buffered(raw: RawConnection, cluster: RealCluster) -> None:
    before = memory_mb(cluster.router_processes[0].pid)
    raw.socket.sendall(HEADER.pack(47_000_000, 1, 0, 2013))
    with pytest.raises(OSError):
        for _ in range(47):
            raw.socket.sendall(b"x" * 1_000_000)
    assert memory_mb(cluster.router_processes[0].pid) - before < 50


def test_random_mutations_of_a_command(cluster: RealCluster, raw: RawConnection) -> None:
    randomness = random.Random(1)
    frame = HEADER.pack(21 + len(PING), 1, 0, 2013) + b"\0\0\0\0\0" + PING
    for _ in range(60):
        damaged = bytearray(frame)
        for _ in range(randomness.randint(1, 4)):
            damaged[randomness.randrange(4, len(damaged))] = randomness.randrange(256)
        connection = RawConnection(cluster.router_ports[0], str(cluster.ca))
        connection.socket.sendall(bytes(damaged))
        connection.close()
    assert raw.command({"ping": 1, "$db": "admin"})["ok"] == 1


@pytest.mark.full
def test_stalled_messages_end_after_a_while(raw: RawConnection) -> None:
    raw.socket.sendall(HEADER.pack(1000, 1, 0, 2013) + b"\0")
    raw.socket.settimeout(90)
    assert is_closed(raw)
