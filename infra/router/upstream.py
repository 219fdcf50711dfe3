"""Connections of the router to one mongod: login as the cluster's own user, one request at a time each."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from bson import Binary

from infra.router.bsonraw import decode, encode
from infra.router.errors import CommandError, MemberLost
from infra.router.wire import INT32, encode_msg

_request_ids = itertools.count(1)
_REPLY_BODY = 21
"""Offset of the body document in an OP_MSG reply: header, flags, section kind."""
_CLIENT = {
    "application": {"name": "router"},
    "driver": {"name": "swapskill-router", "version": "1"},
    "os": {"type": "Linux"},
}
Caller = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Login:
    """How the router proves to members who it is; `password` None = no authentication."""

    password: str | None
    tls: ssl.SSLContext | None
    user: str = "__system"
    database: str = "local"
    derived: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes], compare=False)


class Upstream(asyncio.Protocol):
    """One connection to a mongod; one request in flight."""

    def __init__(self, host: str) -> None:
        self.host, self.closed = host, False
        self.used = asyncio.get_running_loop().time()
        self._buffer = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._buffer += data
        while len(self._buffer) >= 4:
            length = INT32.unpack_from(self._buffer)[0]
            if len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended."""
        self.closed = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(MemberLost(f"connection to {self.host} closed", why=str(exc or "")))

    async def call(self, body: bytes, sequences: list[tuple[bytes, bytes]] | None = None) -> bytes:
        """Send one request and return the reply's body; MemberLost when the connection breaks.

        A caller that is cancelled (its client went away) closes the connection: only so does the
        member stop working on the request.
        """
        if self.closed or self._transport is None:
            raise MemberLost(f"connection to {self.host} closed")
        self._waiting = asyncio.get_running_loop().create_future()
        number = next(_request_ids) & 0x7FFFFFFF
        self._transport.write(encode_msg(number, 0, body, sequences or []))
        try:
            frame = await self._waiting
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._waiting = None
            self.used = asyncio.get_running_loop().time()
        return frame[_REPLY_BODY:]

    async def command(self, document: dict[str, Any]) -> dict[str, Any]:
        """Send a command document, return the decoded reply (which may be an error)."""
        return decode(await self.call(encode(document)))

    def close(self) -> None:
        """Cut the connection; with TLS a polite close would leave the operation running."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(MemberLost(f"connection to {self.host} given up"))


async def connect(host: str, login: Login, *, authenticate: bool = True, seconds: float = 5) -> Upstream:
    """A new connection, greeted and logged in; MemberLost when that fails within `seconds`."""
    connection: Upstream | None = None
    try:
        async with asyncio.timeout(seconds):
            connection = await _open(host, login)
            hello = {"hello": 1, "helloOk": True, "client": _CLIENT, "$db": "admin"}
            await connection.command(hello)
            if authenticate and login.password is not None:
                await _scram(connection.command, login, login.password)
            return connection
    except (OSError, TimeoutError, CommandError) as error:
        if connection is not None:
            connection.close()
        raise MemberLost(f"cannot connect to {host}", why=f"{error!r}") from error
    except BaseException:
        if connection is not None:
            connection.close()
        raise


async def _open(host: str, login: Login) -> Upstream:
    address, _, port = host.rpartition(":")
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Upstream(host),
        address,
        int(port),
        ssl=login.tls,
        server_hostname=address if login.tls else None,
    )
    return connection


async def _scram(call: Caller, login: Login, password: str) -> None:
    """SCRAM-SHA-256 as the members' internal user."""
    nonce = base64.b64encode(os.urandom(24)).decode()
    bare = f"n={login.user},r={nonce}"
    start = {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "options": {"skipEmptyExchange": True}}
    first = await call({**start, "payload": Binary(b"n,," + bare.encode()), "$db": login.database})
    if not first.get("ok"):
        raise CommandError.from_reply(first)
    server_first = bytes(first["payload"]).decode()
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    without_proof = f"c=biws,r={fields['r']}"
    proof = _proof(login, password, fields, f"{bare},{server_first},{without_proof}")
    final = Binary(f"{without_proof},p={proof}".encode())
    conversation = {"saslContinue": 1, "conversationId": first["conversationId"], "$db": login.database}
    last = await call({**conversation, "payload": final})
    if not last.get("ok"):
        raise CommandError.from_reply(last)


def _proof(login: Login, password: str, fields: dict[str, str], message: str) -> str:
    salted = login.derived.get((fields["s"], fields["i"]))
    if salted is None:
        salt, rounds = base64.b64decode(fields["s"]), int(fields["i"])
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        login.derived[fields["s"], fields["i"]] = salted
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message.encode(), "sha256")
    return base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
