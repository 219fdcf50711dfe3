"""The router's side towards clients: sockets, framing, limits. Garbage ends the connection, nothing else."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from infra.router.core import Router
from infra.router.dispatch import serve
from infra.router.failpoints import CloseConnection
from infra.router.request import ClientState
from infra.router.wire import MAX_MESSAGE, Message, WireError, encode_reply, frame_length, parse

log = logging.getLogger(__name__)
MAX_BEFORE_LOGIN = 1_000_000
"""Bytes of a message of a client that is not logged in."""
MESSAGE_SECONDS = 30.0
"""Time without a byte in the middle of a message after which the connection is closed."""
LOGIN_MESSAGE_SECONDS = 30.0
"""Time in which a client that is not logged in must complete a message it began."""
MAX_CONNECTIONS = 10_000
_CHECK_SECONDS = 5.0
_numbers = itertools.count(1)
_replies = itertools.count(1)


class ClientConnection(asyncio.Protocol):
    """One client: its messages are answered one after another."""

    def __init__(self, router: Router, registry: set[ClientConnection]) -> None:
        self._router, self._registry = router, registry
        self.state = ClientState(next(_numbers))
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._began = self._progress = 0.0
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = False
        self._last_reply = 0

    # -- the transport's events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
        self._began = self._progress = asyncio.get_running_loop().time()
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = transport.get_extra_info("peername")
        own = transport.get_extra_info("sockname")
        self.state.remote = f"{peer[0]}:{peer[1]}" if peer else ""
        self.state.local = f"{own[0]}:{own[1]}" if own else ""
        self._registry.add(self)
        self._router.connections = len(self._registry)
        if len(self._registry) > MAX_CONNECTIONS:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended."""
        self._closing = True
        self._registry.discard(self)
        self._router.connections = len(self._registry)
        self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client does not read its replies fast enough."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        now = asyncio.get_running_loop().time()
        if not self._buffer:
            self._began = now
        self._progress = now
        self._buffer += data
        self._next()

    # -- messages

    def _limit(self) -> int:
        trusted = not self._router.authenticate or self.state.user is not None
        return MAX_MESSAGE if trusted else MAX_BEFORE_LOGIN

    def _next(self) -> None:
        """Start on the next complete message; read no further while one is in work."""
        assert self._transport is not None
        if self._task is not None or self._closing:
            if len(self._buffer) > 65536:
                self._transport.pause_reading()
            return
        try:
            length = frame_length(self._buffer, self._limit())
            if length is None or len(self._buffer) < length:
                self._transport.resume_reading()
                return
            message = parse(bytes(self._buffer[:length]))
        except WireError as error:
            log.info("connection of %s closed: %s", self.state.remote, error)
            self._closing = True
            self._transport.abort()
            return
        del self._buffer[:length]
        self._began = asyncio.get_running_loop().time()
        self._task = asyncio.ensure_future(self._answer(message))

    async def _answer(self, message: Message) -> None:
        try:
            while await self._reply(message):
                # The next reply of a stream answers the one before.
                message = replace(message, request_id=self._last_reply)
        except CloseConnection:
            self._closing = True
            if self._transport is not None:
                self._transport.abort()
        finally:
            self._task = None
            if not self._closing:
                asyncio.get_running_loop().call_soon(self._next)

    async def _reply(self, message: Message) -> bool:
        """Send one reply; True when the client waits for another one to the same request."""
        self.state.streams = False
        body = await serve(self._router, self.state, message)
        if self._closing or self._transport is None:
            return False
        more = message.exhaust and self.state.streams
        if not message.more_to_come:
            self._last_reply = next(_replies) & 0x7FFFFFFF
            self._transport.write(encode_reply(self._last_reply, message, body, more=more))
        await self._writable.wait()
        return more and not self._closing

    def check(self, now: float) -> None:
        """Close a client that began a message and does not go on with it."""
        if self._task is not None or not self._buffer or self._transport is None:
            return
        stalled = now - self._progress > MESSAGE_SECONDS
        endless = self.state.user is None and now - self._began > LOGIN_MESSAGE_SECONDS
        if stalled or endless:
            self._closing = True
            self._transport.abort()


def factory(router: Router) -> tuple[Callable[[], ClientConnection], set[ClientConnection]]:
    """A protocol factory and the set of its live connections."""
    registry: set[ClientConnection] = set()
    return lambda: ClientConnection(router, registry), registry


async def watch(registry: set[ClientConnection]) -> None:
    """Look for stalled clients, for ever."""
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        now = asyncio.get_running_loop().time()
        for connection in list(registry):
            connection.check(now)
