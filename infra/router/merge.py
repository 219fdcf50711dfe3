"""One cursor over several shards: documents stay bytes, only their sort keys are decoded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bson import Int64

from infra.router.batches import MAX_BATCH_BYTES, batch_reply
from infra.router.bsonraw import Document, decode, elements, is_document, rebuild
from infra.router.core import Router, ShardReply, is_stale, together
from infra.router.cursors import OpenCursor
from infra.router.errors import CommandError, MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.ordering import sort_key
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable

TRANSACTION_FIELDS = ("lsid", "$clusterTime", "txnNumber", "autocommit", "startTransaction", "readConcern")
_SORT_KEY = b"$sortKey"
_FIRST_BATCH = 101


@dataclass
class Stream:
    """One shard's part: what is buffered and where more comes from."""

    member: Member
    remote_id: int
    buffer: list[bytes]
    keys: list[Any] = field(default_factory=list[Any])

    @property
    def open(self) -> bool:
        """The shard has more."""
        return self.remote_id != 0


@dataclass
class MergedCursor:
    """The streams of all shards, in sort order when there is a sort."""

    change_stream: ClassVar[bool] = False
    router: Router
    streams: list[Stream]
    database: str
    collection: str
    context: Document
    descending: list[bool]
    skip: int = 0
    limit: int = 0

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """The next batch."""
        size = request.command.get("batchSize") or 0
        batch, done = await self.next_batch(request, size)
        return batch_reply("nextBatch", batch, 0 if done else cursor.id, cursor.namespace), done

    async def next_batch(self, request: Request, size: int) -> tuple[list[bytes], bool]:
        """Up to `size` documents (0: as many as fit) and whether that was all."""
        batch: list[bytes] = []
        total = 0
        while not self.finished:
            if (size and len(batch) >= size) or total > MAX_BATCH_BYTES - 200_000:
                break
            if not self._ready():
                if batch and not self.descending:
                    break
                await self._fill(request)
                continue
            document = self._pop()
            if self.skip:
                self.skip -= 1
                continue
            if total and total + len(document) > MAX_BATCH_BYTES - 65536:
                self._unpop(document)
                break
            batch.append(document)
            total += len(document) + 8
            self.limit = self.limit - 1 if self.limit > 1 else (-1 if self.limit == 1 else 0)
        if self.finished:
            await self.kill()
        return batch, self.finished

    @property
    def finished(self) -> bool:
        """The limit is reached, or every shard is exhausted."""
        return self.limit < 0 or not any(s.buffer or s.open for s in self.streams)

    def _ready(self) -> bool:
        if self.descending:
            return all(s.buffer or not s.open for s in self.streams)
        return any(s.buffer for s in self.streams)

    def _pop(self) -> bytes:
        candidates = [s for s in self.streams if s.buffer]
        if not self.descending:
            return candidates[0].buffer.pop(0)
        best = min(candidates, key=lambda s: s.keys[0])
        best.keys.pop(0)
        return rebuild(best.buffer.pop(0), {_SORT_KEY}, b"\x05\0\0\0\0")

    def _unpop(self, document: bytes) -> None:
        holder = Stream(self.streams[0].member, 0, [document], [MinimalKey()] if self.descending else [])
        self.streams.insert(0, holder)

    async def _fill(self, request: Request) -> None:
        empty = [s for s in self.streams if s.open and not s.buffer]
        await together(self._fetch(request, stream) for stream in empty)

    async def _fetch(self, request: Request, stream: Stream) -> None:
        document: Document = {
            "getMore": Int64(stream.remote_id),
            "collection": self.collection,
            **self.context,
        }
        document |= {k: request.command[k] for k in ("maxTimeMS", "comment") if k in request.command}
        try:
            reply = await self.router.ask(request, stream.member, {**document, "$db": self.database})
        except MemberLost as error:
            raise host_unreachable(error) from error
        if not reply.ok:
            raise CommandError.from_reply(reply.document)
        stream.remote_id = (reply.cursor_id() or (0, 0))[0]
        self.load(stream, reply.batch())

    def load(self, stream: Stream, documents: list[bytes]) -> None:
        """Buffer documents and their sort keys."""
        stream.buffer.extend(documents)
        if self.descending:
            stream.keys.extend(self._key(document) for document in documents)

    def _key(self, document: bytes) -> Any:
        for kind, name, _, value, end in elements(document):
            if name == _SORT_KEY and kind == 4:
                parts = list(decode(document[value:end]).values())
                return OrderedKey([sort_key(part) for part in parts], self.descending)
        raise CommandError(8, "a shard sent no sort key")

    async def kill(self) -> None:
        """Close what is open on the shards."""
        left = [stream for stream in self.streams if stream.open]
        for stream in left:
            document = {"killCursors": self.collection, "cursors": [Int64(stream.remote_id)]}
            stream.remote_id = 0
            lsid = {k: v for k, v in self.context.items() if k == "lsid"}
            await _quietly(self.router, stream.member, {**document, **lsid, "$db": self.database})


async def _quietly(router: Router, member: Member, document: Document) -> None:
    try:
        await member.call(router.compose(document), seconds=5)
    except MemberLost:
        return


class OrderedKey:
    """A compound sort key with a direction for each part."""

    __slots__ = ("parts", "descending")

    def __init__(self, parts: list[Any], descending: list[bool]) -> None:
        self.parts, self.descending = parts, descending

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, MinimalKey):
            return False
        for mine, theirs, down in zip(self.parts, other.parts, self.descending, strict=False):
            if mine != theirs:
                return (theirs < mine) if down else (mine < theirs)
        return False


class MinimalKey:
    """Sorts before everything: a document that was taken out already and must come next."""

    def __lt__(self, other: Any) -> bool:
        return True


def shard_find(command: Document) -> Document:
    """The find that each shard gets: skip added to the limit, the sort key asked for."""
    shard = {
        k: v for k, v in command.items() if k not in ("skip", "limit", "sort", "projection", "singleBatch")
    }
    skip, limit = command.get("skip") or 0, abs(command.get("limit") or 0)
    if limit:
        shard["limit"] = Int64(limit + skip)
    if command.get("sort"):
        shard["sort"] = command["sort"]
    projection = dict(command.get("projection") or {})
    if sort_directions(command):
        projection["$sortKey"] = {"$meta": "sortKey"}
    if projection:
        shard["projection"] = projection
    return shard


def sort_directions(command: Document) -> list[bool]:
    """For each field of the sort: is it descending; empty without a sort to merge by."""
    sort: Document = command.get("sort") or {}
    if "$natural" in sort:
        return []
    return [
        not is_document(direction) and direction < 0 or is_document(direction) for direction in sort.values()
    ]


ShardCall = Callable[[str, Document], Awaitable[ShardReply]]
"""Sends a command to a shard: straight, or as a statement of a transaction."""


async def open_streams(
    shards: list[str], document_for: Callable[[str], Document], call: ShardCall, *, partial: bool = False
) -> list[ShardReply]:
    """Open a cursor on each shard; with `partial`, shards that cannot be reached are left out."""

    async def one(shard: str) -> ShardReply | None:
        try:
            return await call(shard, document_for(shard))
        except CommandError as error:
            if partial and error.code in (6, 133):
                return None
            raise

    return [answer for answer in await together(one(shard) for shard in shards) if answer is not None]


def reading(router: Router, request: Request) -> ShardCall:
    """Calls for a read outside a transaction."""

    async def call(shard: str, document: Document) -> ShardReply:
        body = router.compose({**document, **request.session_fields()})
        return await router.on_shard(request, shard, body, preference=request.preference, again=True)

    return call


async def open_merged(
    router: Router,
    request: Request,
    table: RoutingTable,
    shards: list[str],
    concern: Document,
    call: ShardCall | None = None,
) -> tuple[Answer, bool]:
    """Open a find on several shards; (first batch, metadata were stale)."""
    if request.command.get("tailable"):
        raise CommandError(2, "tailable cursors are not supported on sharded collections")
    keep = {k: v for k, v in request.command.items() if k not in TRANSACTION_FIELDS}
    base = {**shard_find(keep), **concern}
    partial = bool(request.command.get("allowPartialResults"))
    replies = await open_streams(
        shards,
        lambda shard: {**base, "shardVersion": table.version(shard)},
        call or reading(router, request),
        partial=partial,
    )
    failed = next((answer.reply for answer in replies if not answer.reply.ok), None)
    if failed is not None:
        await _close_all(router, request, replies)
        return failed, is_stale(failed)
    extra: Document = {}
    if "atClusterTime" in concern.get("readConcern", {}) and not request.in_transaction:
        extra["atClusterTime"] = concern["readConcern"]["atClusterTime"]
    if len(replies) < len(shards):
        extra["partialResultsReturned"] = True
    return await first_batch(router, request, replies, extra), False


async def _close_all(router: Router, request: Request, replies: list[ShardReply]) -> None:
    streams = [Stream(a.member, (a.reply.cursor_id() or (0, 0))[0], []) for a in replies if a.reply.ok]
    context = request.cursor_fields()
    merged = MergedCursor(router, streams, request.database, request.collection, context, [])
    await merged.kill()


async def first_batch(router: Router, request: Request, replies: list[ShardReply], extra: Document) -> bytes:
    """Merge the shards' first batches into the client's, registering what is left as one cursor."""
    command = request.command
    autocommit = {k: command[k] for k in ("autocommit",) if k in command}
    context = request.cursor_fields() | autocommit
    merged = MergedCursor(
        router, [], request.database, request.collection, context, sort_directions(command),
        command.get("skip") or 0, abs(command.get("limit") or 0),
    )  # fmt: skip
    for answer in replies:
        stream = Stream(answer.member, (answer.reply.cursor_id() or (0, 0))[0], [])
        merged.streams.append(stream)
        merged.load(stream, answer.reply.batch())
    size = command.get("batchSize", _FIRST_BATCH)
    batch, done = ([], merged.finished) if size == 0 else await merged.next_batch(request, size)
    if not done and command.get("singleBatch"):
        await merged.kill()
        done = True
    number = 0 if done else router.cursors.register(request, request.namespace, merged).id
    return batch_reply("firstBatch", batch, number, request.namespace, extra)
