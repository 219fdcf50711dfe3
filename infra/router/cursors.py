"""Open cursors of the router: by its own ids, owned by a user and a driver session."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from bson import Int64

from infra.router.bsonraw import Document
from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.request import Answer, Request, UserName

IDLE_SECONDS = 600.0
_REAP_SECONDS = 30.0


class Source(Protocol):
    """Where a cursor's documents come from."""

    change_stream: ClassVar[bool]
    """Its errors can be such that a driver opens the stream again."""

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """The next batch as a reply, and whether the cursor is exhausted."""
        ...

    async def kill(self) -> None:
        """Free what the cursor holds on the members."""
        ...


@dataclass
class OpenCursor:
    """One cursor that a client may continue."""

    id: int
    namespace: str
    source: Source
    owner: UserName | None
    session: Document | None
    transaction: int | None
    api: Document
    needs: list[Any] = field(default_factory=list[Any])
    no_timeout: bool = False
    in_use: bool = False
    used: float = field(default_factory=time.monotonic)


class Cursors:
    """The table of open cursors."""

    def __init__(self) -> None:
        self._open: dict[int, OpenCursor] = {}

    def __len__(self) -> int:
        return len(self._open)

    def register(self, request: Request, namespace: str, source: Source) -> OpenCursor:
        """A new cursor with an unguessable id, owned by the request's user and driver session."""
        number = secrets.randbits(62) | 1
        transaction = request.command.get("txnNumber") if request.in_transaction else None
        cursor = OpenCursor(
            number, namespace, source, request.client.user, request.session, transaction, request.api(),
            request.needs, bool(request.command.get("noCursorTimeout")),
        )  # fmt: skip
        self._open[number] = cursor
        return cursor

    def find(self, request: Request, number: Any) -> OpenCursor:
        """The cursor for a getMore; CommandError when it is unknown or belongs to somebody else."""
        cursor = self._open.get(number)
        if cursor is None:
            raise CommandError(43, f"cursor id {number} not found")
        if cursor.owner != request.client.user:
            raise CommandError(13, f"cursor id {number} was not created by the authenticated user")
        namespace = f"{request.database}.{request.command.get('collection')}"
        if namespace != cursor.namespace:
            raise CommandError(
                13,
                f"Requested getMore on namespace '{namespace}', but cursor belongs to a different "
                f"namespace {cursor.namespace}",
            )
        _check_session(request, cursor)
        return cursor

    def owned(self, number: Any, user: UserName | None) -> OpenCursor | None:
        """The cursor when it exists and belongs to the user."""
        cursor = self._open.get(number)
        return cursor if cursor is not None and cursor.owner == user else None

    def drop(self, cursor: OpenCursor) -> None:
        """Forget an exhausted cursor."""
        self._open.pop(cursor.id, None)

    async def kill_where(self, condition: Callable[[OpenCursor], bool]) -> int:
        """Kill every cursor that fits; returns how many."""
        chosen = [cursor for cursor in self._open.values() if condition(cursor)]
        for cursor in chosen:
            self.drop(cursor)
        await asyncio.gather(*(cursor.source.kill() for cursor in chosen), return_exceptions=True)
        return len(chosen)

    async def reap(self) -> None:
        """Kill cursors that nobody continued for ten minutes, for ever."""
        while True:
            await asyncio.sleep(_REAP_SECONDS)
            limit = time.monotonic() - IDLE_SECONDS
            await self.kill_where(lambda c, limit=limit: c.used < limit and not c.no_timeout and not c.in_use)


def _shown(api: Document) -> str:
    inner = ", ".join(f"{key}: {json.dumps(value)}" for key, value in api.items())
    return f"{{ {inner} }}" if inner else "{}"


def _check_session(request: Request, cursor: OpenCursor) -> None:
    if cursor.api != request.api():
        given, used = _shown(request.api()), _shown(cursor.api)
        raise CommandError(
            347,
            f"API parameter mismatch: getMore used params {given}, the cursor-creating command used {used}",
        )
    if cursor.session != request.session:
        if cursor.session is None:
            raise CommandError(
                50799,
                f"Cannot run getMore on cursor {cursor.id}, which was not created in a session, in a session",
            )
        if request.session is None:
            raise CommandError(
                50800,
                f"Cannot run getMore on cursor {cursor.id}, which was created in a session, without an lsid",
            )
        raise CommandError(
            50801, f"Cannot run getMore on cursor {cursor.id}, which was created in another session"
        )
    given = request.command.get("txnNumber") if request.in_transaction else None
    if cursor.transaction is not None and given != cursor.transaction:
        raise CommandError(
            50803,
            f"Cannot run getMore on cursor {cursor.id}, which was created in a transaction, outside of it",
        )


async def get_more(router: Router, request: Request) -> Answer:
    """Continue a cursor."""
    cursor = router.cursors.find(request, request.command["getMore"])
    if cursor.in_use:
        raise CommandError(292, f"cursor id {cursor.id} is already in use")
    cursor.in_use = True
    try:
        if router.fail_points is not None:
            router.fail_points.get_more(request, change_stream=cursor.source.change_stream)
        answer, done = await cursor.source.more(request, cursor)
    except CommandError:
        router.cursors.drop(cursor)
        raise
    finally:
        cursor.in_use, cursor.used = False, time.monotonic()
    if done:
        router.cursors.drop(cursor)
    return answer


async def kill_cursors(router: Router, request: Request) -> Answer:
    """Kill the user's cursors; those of others count as not found."""
    killed: list[Int64] = []
    missing: list[Int64] = []
    for number in request.command.get("cursors", []):
        cursor = router.cursors.owned(number, request.client.user)
        if cursor is None:
            missing.append(Int64(number))
            continue
        killed.append(Int64(number))
        await router.cursors.kill_where(lambda c, cursor=cursor: c is cursor)
    return {
        "cursorsKilled": killed, "cursorsNotFound": missing, "cursorsAlive": [], "cursorsUnknown": [],
        "ok": 1.0,
    }  # fmt: skip
