"""Change streams: one stream on every shard, merged by resume token so that no event is lost."""

from __future__ import annotations

import asyncio
import collections
from dataclasses import dataclass, field
from typing import ClassVar

from bson import Int64, Timestamp

from infra.router.batches import batch_reply
from infra.router.bsonraw import Document, decode, encode
from infra.router.core import Router, ShardReply, together
from infra.router.cursors import OpenCursor
from infra.router.errors import RESUMABLE, RESUMABLE_LABEL, CommandError, MemberLost
from infra.router.member import Member
from infra.router.reply import Reply, public
from infra.router.request import Answer, Request
from infra.router.tokens import after, given_token, is_event, start_time, token_time

_NOTE_SECONDS = 0.2
_DEFAULT_WAIT_MS = 1000
_DEFAULT_BATCH = 1000
_MAX_BYTES = 15 * 1024 * 1024


@dataclass
class Part:
    """One shard's stream."""

    member: Member
    remote_id: int
    position: str
    """Resume token up to which everything of this shard is known."""
    events: collections.deque[tuple[str, bytes]] = field(default_factory=collections.deque[tuple[str, bytes]])
    pending: asyncio.Task[Reply] | None = None
    noted: float = 0.0


@dataclass
class ChangeStream:
    """The merged stream."""

    change_stream: ClassVar[bool] = True
    router: Router
    database: str
    collection: str
    command: Document
    context: Document
    resume: str | None
    parts: dict[str, Part] = field(default_factory=dict[str, Part])
    last: str = ""
    killed: bool = False
    must_see: str | None = None
    """The event that the client resumes after: it has to be found first."""

    async def open_part(self, request: Request, shard: str, start: Timestamp) -> None:
        """Open the stream on one shard and tell it the time: what it writes from now on is later."""
        spec = dict(self.command["pipeline"][0]["$changeStream"])
        for name in ("resumeAfter", "startAfter", "startAtOperationTime"):
            spec.pop(name, None)
        spec["startAtOperationTime"] = start
        pipeline = [{"$changeStream": spec}, *self.command["pipeline"][1:]]
        document = {**self.command, "pipeline": pipeline, "cursor": {"batchSize": 0}, **self.context}
        answer: ShardReply = await self.router.on_shard(
            request, shard, self.router.compose(document), preference=request.preference, again=True
        )
        if not answer.reply.ok:
            raise CommandError.from_reply(public(answer.reply.document))
        cursor = answer.reply.document["cursor"]
        part = Part(answer.member, cursor["id"], cursor["postBatchResumeToken"]["_data"])
        self.parts[shard] = part
        self._take(part, answer.reply.batch())

    async def more(self, request: Request, cursor: OpenCursor) -> tuple[Answer, bool]:
        """The next events: waits up to maxTimeMS for the first."""
        loop = asyncio.get_running_loop()
        end = loop.time() + request.command.get("maxTimeMS", _DEFAULT_WAIT_MS) / 1000
        limit = request.command.get("batchSize") or _DEFAULT_BATCH
        while True:
            self._check_alive()
            events, ended = self._emit(limit)
            if events or ended or loop.time() >= end:
                return await self._answer(events, ended, cursor)
            await self._open_new_shards(request)
            self._ask_all(request, end - loop.time())
            waiting = [part.pending for part in self.parts.values() if part.pending is not None]
            if not waiting:
                return await self._answer([], True, cursor)
            await asyncio.wait(
                waiting, timeout=max(0.0, end - loop.time()), return_when=asyncio.FIRST_COMPLETED
            )
            self._check_alive()
            await self._collect(request)

    def _check_alive(self) -> None:
        """A stream that was killed while its getMore waited must not go on, nor open itself anew."""
        if self.killed:
            raise CommandError(237, "cursor was killed", labels=(RESUMABLE_LABEL,))

    async def _answer(self, events: list[bytes], ended: bool, cursor: OpenCursor) -> tuple[Answer, bool]:
        if ended:
            await self.kill()
        number = 0 if ended else cursor.id
        extra = {"postBatchResumeToken": {"_data": self.last}}
        return batch_reply("nextBatch", events, number, cursor.namespace, extra), ended

    def _emit(self, limit: int) -> tuple[list[bytes], bool]:
        """The events that no shard can still precede, in order; and whether the stream ends with them."""
        out: list[bytes] = []
        size = 0
        while len(out) < limit and size < _MAX_BYTES:
            shard = min(
                (s for s, p in self.parts.items() if p.events),
                key=lambda s: self.parts[s].events[0][0],
                default=None,
            )
            if shard is None:
                break
            token, event = self.parts[shard].events[0]
            if any(not p.events and p.position < token for s, p in self.parts.items() if s != shard):
                break
            self.parts[shard].events.popleft()
            if self._before_resume(token):
                continue
            out.append(event)
            size += len(event)
            self.last = token
            if decode(event).get("operationType") == "invalidate":
                return out, True
        if not any(p.events for p in self.parts.values()):
            self.last = max(self.last, min(p.position for p in self.parts.values()))
        return out, False

    def _before_resume(self, token: str) -> bool:
        if self.resume is None or token > self.resume:
            if self.must_see is not None:
                raise CommandError(
                    280,
                    "cannot resume stream; the resume token was not found. " + repr({"_data": self.must_see}),
                )
            return False
        if token == self.must_see:
            self.must_see = None
        self.last = max(self.last, token)
        return True

    def _ask_all(self, request: Request, left: float) -> None:
        loop = asyncio.get_running_loop()
        held_back = min((p.events[0][0] for p in self.parts.values() if p.events), default=None)
        for part in self.parts.values():
            if part.events or part.remote_id == 0:
                continue
            if (
                held_back is not None
                and part.position < held_back
                and loop.time() - part.noted > _NOTE_SECONDS
            ):
                part.noted = loop.time()
                asyncio.ensure_future(self._note(part.member))
            if part.pending is None:
                wait = max(1, min(int(left * 1000), _DEFAULT_WAIT_MS))
                more = {
                    "getMore": Int64(part.remote_id),
                    "collection": self.collection,
                    "maxTimeMS": wait,
                    **self.context,
                }
                part.pending = asyncio.ensure_future(
                    self.router.ask(request, part.member, {**more, "$db": self.database})
                )

    async def _note(self, member: Member) -> None:
        """A silent shard holds back the others' events: a note in its oplog moves it forward."""
        note = {"appendOplogNote": 1, "data": {"msg": "change stream"}, "$db": "admin"}
        try:
            await member.call(self.router.compose(note), seconds=5)
        except MemberLost:
            return

    async def _collect(self, request: Request) -> None:
        for part in self.parts.values():
            if part.pending is None or not part.pending.done():
                continue
            task, part.pending = part.pending, None
            reply = await self._checked(task)
            cursor = reply.document["cursor"]
            self._take(part, reply.batch())
            part.position = cursor["postBatchResumeToken"]["_data"]
            part.remote_id = cursor["id"]

    async def _checked(self, task: asyncio.Task[Reply]) -> Reply:
        """A shard's getMore; any failure ends the whole stream with an error that drivers resume after."""
        try:
            reply = task.result()
        except MemberLost as error:
            await self.kill()
            raise CommandError(6, str(error), labels=(RESUMABLE_LABEL,)) from error
        if reply.ok:
            return reply
        await self.kill()
        failure = CommandError.from_reply(public(reply.document))
        if failure.code in RESUMABLE and RESUMABLE_LABEL not in failure.labels:
            failure.labels.append(RESUMABLE_LABEL)
        raise failure

    def _take(self, part: Part, events: list[bytes]) -> None:
        for raw in events:
            part.events.append((decode(raw)["_id"]["_data"], raw))

    async def _open_new_shards(self, request: Request) -> None:
        """A shard that joined the cluster later takes part from the stream's position on."""
        for shard in [s for s in self.router.catalog.shards if s not in self.parts]:
            await self.open_part(request, shard, token_time(self.last))

    async def kill(self) -> None:
        """Close the stream on every shard."""
        self.killed = True
        parts, self.parts = list(self.parts.values()), {}
        for part in parts:
            if part.pending is not None:
                part.pending.cancel()
        await asyncio.gather(
            *(self._kill_part(part) for part in parts if part.remote_id), return_exceptions=True
        )

    async def _kill_part(self, part: Part) -> None:
        document = {"killCursors": self.collection, "cursors": [Int64(part.remote_id)], **self.context}
        await part.member.call(encode({**document, "$db": self.database}), seconds=5)


async def open_stream(router: Router, request: Request) -> Answer:
    """Open a change stream on all shards from one common time."""
    command = request.command
    spec = command["pipeline"][0]["$changeStream"]
    token = given_token(spec)
    start = start_time(spec, token)
    if start is None:
        start = after(await _common_time(router, request))
    collection = command["aggregate"] if isinstance(command["aggregate"], str) else "$cmd.aggregate"
    dropped = ("lsid", "$clusterTime", "txnNumber", "cursor")
    own = {k: v for k, v in command.items() if k not in dropped}
    own.setdefault("readConcern", {"level": "majority"})
    stream = ChangeStream(router, request.database, collection, own, request.cursor_fields(), token)
    checkable = len(command["pipeline"]) == 1 and "resumeAfter" in spec
    if token is not None and checkable and is_event(token):
        stream.must_see = token
    try:
        await together(stream.open_part(request, shard, start) for shard in sorted(router.catalog.shards))
    except BaseException:
        await stream.kill()
        raise
    if not stream.parts:
        raise CommandError(70, "the cluster has no shards")
    stream.last = token or min(part.position for part in stream.parts.values())
    namespace = f"{request.database}.{collection}"
    cursor = router.cursors.register(request, namespace, stream)
    return batch_reply(
        "firstBatch", [], cursor.id, namespace, {"postBatchResumeToken": {"_data": stream.last}}
    )


async def _common_time(router: Router, request: Request) -> Timestamp:
    """The highest time of all shards: everything acknowledged so far happened at it or before."""

    async def ping(shard: str) -> None:
        await router.on_shard(request, shard, router.compose({"ping": 1, "$db": "admin"}), again=True)

    await together(ping(shard) for shard in sorted(router.catalog.shards))
    return router.clock.time
