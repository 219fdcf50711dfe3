"""Commands exactly as written, without a driver's own session fields."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any
from urllib.parse import unquote

import bson
import pymongo
from pymongo.uri_parser import parse_uri

_HEADER = struct.Struct("<iiii")


class RawConnection:
    """One TLS connection that sends bytes and commands as they are."""

    def __init__(self, port: int, ca: str, timeout: float = 30) -> None:
        context = ssl.create_default_context(cafile=ca)
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")

    def send_command(self, document: dict[str, Any]) -> None:
        """Send without waiting."""
        body = b"\0\0\0\0\0" + bson.encode(document)
        self.socket.sendall(_HEADER.pack(16 + len(body), 1, 0, 2013) + body)

    def receive(self) -> dict[str, Any]:
        """The next reply; ConnectionError when the peer closed."""
        length, _, _, _ = _HEADER.unpack(self._exactly(16))
        return bson.decode(self._exactly(length - 16)[5:])

    def command(self, document: dict[str, Any]) -> dict[str, Any]:
        """Send and receive."""
        self.send_command(document)
        return self.receive()

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("closed by the router")
            data += part
        return data

    def login(self, user: str, password: str) -> None:
        """SCRAM through pymongo's own helper objects."""
        from pymongo.auth_shared import _build_credentials_tuple
        from pymongo.synchronous import auth

        credentials = _build_credentials_tuple("SCRAM-SHA-256", "admin", user, password, {}, "admin")
        auth._authenticate_scram(credentials, _AsPymongo(self), "SCRAM-SHA-256")  # type: ignore[arg-type]

    def close(self) -> None:
        """Close at once."""
        self.socket.close()


class _AsPymongo:
    """The part of pymongo's connection that its login needs."""

    auth_ctx = None

    def __init__(self, connection: RawConnection) -> None:
        self._connection = connection

    def command(self, database: str, document: Any) -> dict[str, Any]:
        reply = self._connection.command({**document, "$db": database})
        assert reply.get("ok"), reply
        return reply


_connections: dict[Any, RawConnection] = {}


def raw_command(
    client: pymongo.MongoClient[dict[str, Any]], database: str, command: dict[str, Any]
) -> dict[str, Any]:
    """One command on a raw connection to the first router of the client; the reply, ok or not."""
    settings = parse_uri(client._init_kwargs["host"] if hasattr(client, "_init_kwargs") else _uri(client))
    port = settings["nodelist"][0][1]
    options = settings["options"]
    ca = options.get("tlsCAFile") or options.get("tlscafile")
    key = (port, settings["username"])
    if key not in _connections:
        _connections[key] = RawConnection(port, ca)
        _connections[key].login(unquote(settings["username"]), unquote(settings["password"]))
    return _connections[key].command({**command, "$db": database})


def _uri(client: Any) -> str:
    host = client._host
    return host if isinstance(host, str) else host[0]
