"""Open cursors of the router: by its own ids, owned by a user and a driver session."""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bson import Int64

from infra.router.bsonraw import Document, array_of, elements, embed, encode
from infra.router.core import Router
from infra.router.errors import CommandError, MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.reply import Reply
from infra.router.request import Answer, Request, UserName

IDLE_SECONDS = 600.0
MAX_BATCH_BYTES = 16 * 1024 * 1024
_REAP_SECONDS = 30.0


class Source(Protocol):
    """Where a cursor's documents come from."""

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
    needs: list[Any] = field(default_factory=list)
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
            number, namespace, source, request.client.user, request.session, transaction,
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


def _check_session(request: Request, cursor: OpenCursor) -> None:
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


@dataclass
class RemoteCursor:
    """A cursor that lives on one member."""

    router: Router
    member: Member
    remote_id: int
    database: str
    collection: str
    context: Document
    """lsid (and transaction) under which the member opened it: each getMore must repeat it."""
    cluster: bool = False

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """Pass the getMore on."""
        name = "clusterGetMore" if self.cluster else "getMore"
        document = {name: Int64(self.remote_id), "collection": self.collection}
        document |= {
            k: request.command[k]
            for k in ("batchSize", "maxTimeMS", "comment", "term")
            if k in request.command
        }
        try:
            reply = await self.router.ask(
                request, self.member, {**document, **self.context, "$db": self.database}
            )
        except MemberLost as error:
            raise host_unreachable(error) from error
        found = reply.cursor_id()
        if not reply.ok or found is None or not found[0]:
            if self.cluster and reply.ok:
                self.router.return_session(self.context["lsid"])
            return reply, reply.ok or reply.code != 50
        return patch_id(reply, found[1], cursor.id), False

    async def kill(self) -> None:
        """Free it on its member; a cluster cursor through its driver session on all members."""
        if self.cluster:
            await self._kill_cluster()
            return
        document = {"killCursors": self.collection, "cursors": [Int64(self.remote_id)]}
        lsid = {k: v for k, v in self.context.items() if k == "lsid"}
        await self._quietly(self.member, {**document, **lsid, "$db": self.database})

    async def _kill_cluster(self) -> None:
        """Members know no killCursors for cluster cursors: kill the session, then let it fail once."""
        lsid = self.context["lsid"]
        sets = list(self.router.catalog.shards.values())
        members = [m for s in sets for m in s.members.values() if m.kind in ("primary", "secondary")]
        kill = {"killSessions": [{"id": lsid["id"]}], "$db": "admin"}
        await asyncio.gather(*(self._quietly(member, kill) for member in members))
        more = {"clusterGetMore": Int64(self.remote_id), "collection": self.collection, "maxTimeMS": 1000}
        for _ in range(50):
            reply = await self._quietly(self.member, {**more, "lsid": lsid, "$db": self.database})
            if reply is None or not reply.ok or not (reply.cursor_id() or (0, 0))[0]:
                return

    async def _quietly(self, member: Member, document: Document) -> Reply | None:
        try:
            return await member.call(encode(document), seconds=5)
        except MemberLost:
            return None


@dataclass
class LocalCursor:
    """Documents that the router holds itself."""

    rest: list[bytes]

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """The next slice."""
        batch = take_batch(self.rest, request.command.get("batchSize"))
        return batch_reply("nextBatch", batch, cursor.id if self.rest else 0, cursor.namespace), not self.rest

    async def kill(self) -> None:
        """Nothing is held elsewhere."""
        self.rest.clear()


def take_batch(documents: list[bytes], size: int | None) -> list[bytes]:
    """Remove and return the next batch: at most `size` documents (None or 0: no limit) and 16 MB."""
    taken = total = 0
    for document in documents:
        if (size and taken >= size) or (taken and total + len(document) > MAX_BATCH_BYTES - 65536):
            break
        taken, total = taken + 1, total + len(document) + 8
    batch = documents[:taken]
    del documents[:taken]
    return batch


def batch_reply(
    name: str, batch: list[bytes], cursor_id: int, namespace: str, extra: Document | None = None
) -> bytes:
    """A cursor reply made of documents given as bytes."""
    text = namespace.encode()
    inner = embed(
        [
            (4, name, array_of(batch)),
            (18, "id", struct.pack("<q", cursor_id)),
            (2, "ns", struct.pack("<i", len(text) + 1) + text + b"\0"),
        ]
    )
    if extra:
        inner = _append(inner, encode(extra))
    return embed([(3, "cursor", inner), (1, "ok", struct.pack("<d", 1.0))])


def _append(document: bytes, extra: bytes) -> bytes:
    content = document[4:-1] + extra[4:-1]
    return struct.pack("<i", len(content) + 5) + content + b"\0"


def patch_id(reply: Reply, offset: int, number: int) -> Reply:
    """The reply with the router's own cursor id in the place of the member's."""
    raw = reply.raw[:offset] + struct.pack("<q", number) + reply.raw[offset + 8 :]
    return Reply(raw)


def adopt(
    router: Router,
    request: Request,
    reply: Reply,
    member: Member,
    context: Document,
    *,
    cluster: bool = False,
) -> Reply:
    """Register the cursor of a member's first batch, if it left one open, and return the client's reply."""
    found = reply.cursor_id() if reply.ok else None
    if found is None or not found[0]:
        if cluster:
            router.return_session(context["lsid"])
        return reply
    namespace = reply_namespace(reply)
    database, _, collection = namespace.partition(".")
    source = RemoteCursor(router, member, found[0], database, collection, context, cluster)
    cursor = router.cursors.register(request, namespace, source)
    return patch_id(reply, found[1], cursor.id)


def reply_namespace(reply: Reply) -> str:
    """The `ns` of a reply's cursor."""
    assert reply.cursor is not None
    for _, name, _, value, end in elements(reply.raw, reply.cursor):
        if name == b"ns":
            return reply.raw[value + 4 : end - 1].decode()
    return ""


async def get_more(router: Router, request: Request) -> Answer:
    """Continue a cursor."""
    cursor = router.cursors.find(request, request.command["getMore"])
    if cursor.in_use:
        raise CommandError(292, f"cursor id {cursor.id} is already in use")
    cursor.in_use = True
    try:
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
    killed, missing = [], []
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
