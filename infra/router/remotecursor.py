"""Cursors that live on a member, and those whose documents the router holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from bson import Int64

from infra.router.batches import batch_reply, patch_id, take_batch
from infra.router.bsonraw import Document, elements, encode
from infra.router.core import Router
from infra.router.cursors import OpenCursor
from infra.router.errors import MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.reply import Reply
from infra.router.request import Answer, Request


@dataclass
class RemoteCursor:
    """A cursor that lives on one member."""

    change_stream: ClassVar[bool] = False
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

    change_stream: ClassVar[bool] = False
    rest: list[bytes]

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """The next slice."""
        batch = take_batch(self.rest, request.command.get("batchSize"))
        return batch_reply("nextBatch", batch, cursor.id if self.rest else 0, cursor.namespace), not self.rest

    async def kill(self) -> None:
        """Nothing is held elsewhere."""
        self.rest.clear()


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
