"""One mongod as the router sees it: its state by streaming hello, and a pool of connections."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.router.errors import MemberLost
from infra.router.ordering import milliseconds, sort_key
from infra.router.reply import Reply
from infra.router.upstream import Login, Upstream, connect

HELLO_SECONDS = 5.0
"""A hello that takes longer means that the member is frozen or cut off."""
_AWAIT_MS = 2000
_RETRY_SECONDS = 0.1
_MAX_IDLE = 200
_IDLE_SECONDS = 60.0


@dataclass
class MemberState:
    """What a member's last hello said."""

    kind: str = "unknown"
    election: tuple[Any, ...] = ()
    tags: dict[str, str] = field(default_factory=dict[str, str])
    hosts: tuple[str, ...] = ()
    last_write_ms: int = 0
    seen_ms: int = 0
    round_trip: float = 0.0


class Member:
    """Pool and monitor of one mongod."""

    def __init__(self, host: str, login: Login, changed: Callable[[Member], None]) -> None:
        self.host, self.login, self.state = host, login, MemberState()
        self._changed = changed
        self._idle: list[Upstream] = []
        self._active: set[Upstream] = set()
        self._kick = asyncio.Event()
        self._monitor = asyncio.create_task(self._watch())

    @property
    def kind(self) -> str:
        """primary, secondary, other or unknown."""
        return self.state.kind

    async def call(
        self, body: bytes, sequences: list[tuple[bytes, bytes]] | None = None, seconds: float | None = None
    ) -> Reply:
        """One request on a pooled connection; MemberLost when the member does not answer it."""
        connection = await self._take()
        self._active.add(connection)
        try:
            async with asyncio.timeout(seconds):
                reply = Reply(await connection.call(body, sequences))
        except TimeoutError as error:
            connection.close()
            raise MemberLost(f"{self.host} did not answer within {seconds} s") from error
        except MemberLost:
            connection.close()
            self._kick.set()
            raise
        finally:
            self._active.discard(connection)
        self._give_back(connection)
        return reply

    async def _take(self) -> Upstream:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return await connect(self.host, self.login)

    def _give_back(self, connection: Upstream) -> None:
        if connection.closed or len(self._idle) >= _MAX_IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def lost(self) -> None:
        """Give up on the member: whoever waits for it is told now, as a frozen host never answers."""
        self.state = MemberState()
        for connection in [*self._idle, *self._active]:
            connection.close()
        self._idle.clear()
        self._kick.set()
        self._changed(self)

    def not_primary(self) -> None:
        """The member said that it is no primary: do not choose it before its next hello."""
        if self.state.kind == "primary":
            self.state = MemberState()
            self._kick.set()
            self._changed(self)

    def close(self) -> None:
        """End the monitor and all connections."""
        self._monitor.cancel()
        for connection in [*self._idle, *self._active]:
            connection.close()

    async def _watch(self) -> None:
        connection: Upstream | None = None
        version: dict[str, Any] | None = None
        while True:
            try:
                if connection is None or connection.closed:
                    connection, version = (
                        await connect(self.host, self.login, authenticate=False, seconds=2),
                        None,
                    )
                version = await self._hello(connection, version)
            except (MemberLost, TimeoutError, ValueError, KeyError):
                if connection is not None:
                    connection.close()
                connection = None
                await self._went_away()
            self._prune()

    async def _went_away(self) -> None:
        if self.state.kind != "unknown" or self._active:
            self.lost()
        self._kick.clear()
        await asyncio.sleep(_RETRY_SECONDS)

    async def _hello(self, connection: Upstream, version: dict[str, Any] | None) -> dict[str, Any] | None:
        """One hello; it streams: the member answers as soon as its state changes, or every 2 s."""
        command: dict[str, Any] = {"hello": 1, "$db": "admin"}
        if version is not None and self.state.kind != "unknown" and not self._kick.is_set():
            command |= {"topologyVersion": version, "maxAwaitTimeMS": _AWAIT_MS}
        self._kick.clear()
        reply = await self._ask(connection, command)
        self._update(reply)
        version = reply.get("topologyVersion")
        if version is None or self.state.kind in ("unknown", "other"):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kick.wait(), _RETRY_SECONDS)
        return version

    async def _ask(self, connection: Upstream, command: dict[str, Any]) -> dict[str, Any]:
        """The hello's answer, or a fresh one as soon as somebody doubts the member's state."""
        asked = asyncio.ensure_future(connection.command(command))
        doubted = asyncio.ensure_future(self._kick.wait())
        try:
            await asyncio.wait({asked, doubted}, timeout=HELLO_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done() and doubted.done():
                await self._probe()
            return await asyncio.wait_for(asked, HELLO_SECONDS)
        finally:
            asked.cancel()
            doubted.cancel()

    async def _probe(self) -> None:
        probe = await connect(self.host, self.login, authenticate=False, seconds=2)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                self._update(await probe.command({"hello": 1, "$db": "admin"}))
        finally:
            probe.close()

    def _update(self, hello: dict[str, Any]) -> None:
        before = self.state.kind
        self.state = _state(hello)
        if self.state.kind != before or self.state.kind == "primary":
            self._changed(self)

    def _prune(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in [c for c in self._idle if c.closed or now - c.used > _IDLE_SECONDS]:
            self._idle.remove(connection)
            connection.close()


def _state(hello: dict[str, Any]) -> MemberState:
    primary, secondary = hello.get("isWritablePrimary"), hello.get("secondary")
    written = hello.get("lastWrite", {}).get("lastWriteDate", datetime.datetime(1970, 1, 1))
    election = (sort_key(hello["electionId"]),) if "electionId" in hello else ()
    return MemberState(
        kind="primary" if primary else "secondary" if secondary else "other",
        election=election,
        tags=dict(hello.get("tags", {})),
        hosts=tuple(hello.get("hosts", ())),
        last_write_ms=milliseconds(written),
        seen_ms=milliseconds(hello.get("localTime", written)),
    )
