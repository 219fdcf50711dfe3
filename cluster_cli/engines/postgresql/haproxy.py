"""HAProxy's view of its servers, over its admin socket."""

from __future__ import annotations

import csv
import io
import socket
from dataclasses import dataclass
from pathlib import Path

from infra.context import Context

TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Server:
    """One server line of `show stat`; status as HAProxy writes it: `UP`, `DOWN`, `UP 1/2`, `no check` …"""

    listener: str
    name: str
    status: str
    connections: int

    @property
    def up(self) -> bool:
        """Whether HAProxy sends connections there."""
        return self.status.startswith("UP") or self.status == "no check"


def parse_stat(text: str) -> tuple[Server, ...]:
    """The servers of all listeners from the CSV of `show stat` (its first line begins with `# `)."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return tuple(
        Server(row["pxname"], row["svname"], row["status"], int(row["scur"] or 0))
        for row in rows
        if row["svname"] not in ("FRONTEND", "BACKEND")
    )


def read_servers(ctx: Context, proxy: str, timeout: float = TIMEOUT_S) -> tuple[Server, ...]:
    """A proxy's servers as it sees them now. Raises OSError when it does not answer."""
    return parse_stat(command(ctx.endpoint(proxy).sockets["haproxy"], "show stat", timeout))


def command(path: Path, text: str, timeout: float = TIMEOUT_S) -> str:
    """One command on an admin socket and its whole answer. Raises OSError."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(text.encode() + b"\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def writable(servers: tuple[Server, ...]) -> tuple[str, ...]:
    """Names of the servers that get writes (listener `rw`)."""
    return tuple(server.name for server in servers if server.listener == "rw" and server.up)
