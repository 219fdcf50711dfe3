"""Ports of a sandbox: one block on loopback, taken under a lock so that no two sandboxes share one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence

from app_core.errors import RefusedError
from infra.topology import Node

ADDRESS = "127.0.0.1"
# Below the kernel's ephemeral range (32768 and up): nothing else is handed these ports by chance.
_FIRST, _LAST, _BLOCK = 21000, 32000, 100

PORT_NAMES: dict[str, tuple[str, ...]] = {
    "mongod-shard": ("mongo",),
    "mongod-config": ("mongo",),
    "mongod-arbiter": ("mongo",),
    "router": ("mongo",),
    "postgres": ("postgres", "rest"),
    "etcd": ("client", "peer"),
    "proxy": ("rw", "ro", "sync", "pgbouncer"),
    "objectstore": (
        "s3",
        "s3_grpc",
        "master",
        "master_grpc",
        "volume",
        "volume_grpc",
        "filer",
        "filer_grpc",
    ),
    "dr-link": ("rw",),
}


def demand(nodes: Iterable[Node]) -> list[tuple[str, str]]:
    """(member, port name) of every port that the nodes need, in order."""
    return [(node.name, port) for node in nodes for port in PORT_NAMES[node.kind]]


Ports = dict[str, dict[str, int]]
"""Ports by member and name."""


def allocate(
    nodes: Sequence[Node], taken: Iterable[int], usable: Callable[[Ports], bool] = lambda _: True
) -> Ports:
    """A free block's ports by member and name. The caller holds the lock under which `taken` was read.

    `usable`: whether nothing else than the ports themselves speaks against a block.

    Raises RefusedError when no block is free.
    """
    wanted = demand(nodes)
    size = max(_BLOCK, len(wanted))
    used = set(taken)
    for base in range(_FIRST, _LAST - size, _BLOCK):
        block = range(base, base + len(wanted))
        if used.isdisjoint(block) and all(is_free(port) for port in block):
            chosen = _assign(wanted, block)
            if usable(chosen):
                return chosen
    raise RefusedError(
        "no free block of ports",
        on=f"{ADDRESS}:{_FIRST}-{_LAST}",
        why=f"{len(wanted)} ports in a row are needed",
        hint="swapctl status, then swapctl down --purge of a sandbox that is not needed",
    )


def _assign(wanted: list[tuple[str, str]], block: range) -> Ports:
    ports: Ports = {}
    for (member, name), port in zip(wanted, block, strict=True):
        ports.setdefault(member, {})[name] = port
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
        return True


def is_open(port: int, timeout: float = 0.25) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection((ADDRESS, port), timeout):
            return True
    except OSError:
        return False
