"""A write command that runs on several shards or in several messages: each statement once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from infra.router.bsonraw import Document
from infra.router.core import Router, together, versions
from infra.router.errors import (
    RETRYABLE,
    STALE,
    CommandError,
)
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.routing import IGNORED, RoutingTable
from infra.router.sendwrite import Outcome, labelled, send_write
from infra.router.wcos import WOULD_CHANGE_SHARD, move_document
from infra.router.writebatch import FIELDS, Group, Plan, chunked, plan

RESEND_SECONDS = 20.0


@dataclass
class Batch:
    """One write command that runs on several shards or in several messages."""

    router: Router
    request: Request
    n: int = 0
    modified: int = 0
    upserted: list[Document] = field(default_factory=list[Document])
    errors: dict[int, Document] = field(default_factory=dict[int, Document])
    concern_error: Document | None = None
    retried: list[int] = field(default_factory=list[int])
    done: set[int] = field(default_factory=set[int])
    failure: CommandError | None = None

    @property
    def ordered(self) -> bool:
        """Stops at the first error."""
        return bool(self.request.command.get("ordered", True))

    async def run(self) -> Answer:
        """Rounds of targeting and sending until every statement has its result.

        Statements that were acknowledged are not sent again; a retryable one that may have happened
        is sent again with its own statement id, which makes the shard answer for the first time.
        """
        statements = self.request.documents(FIELDS[self.request.name])
        end = asyncio.get_running_loop().time() + RESEND_SECONDS
        attempt = 0
        while not self._complete(len(statements)):
            again = await self._round(statements)
            if self.failure is not None:
                raise labelled(self.request, self.failure)
            attempt += 1
            if asyncio.get_running_loop().time() > end:
                raise labelled(self.request, again or CommandError(96, "the batch makes no progress"))
            if again is None:
                continue
            await asyncio.sleep(min(0.5, 0.02 * attempt))
        return self._reply()

    def _complete(self, count: int) -> bool:
        return len(self.done) >= count or (self.ordered and bool(self.errors))

    async def absorb(self, shard: str, outcome: Outcome) -> None:
        """Take over what a first message with the whole batch achieved."""
        if outcome.reply is None:
            return
        statements = self.request.documents(FIELDS[self.request.name])
        if outcome.reply.ok or outcome.special:
            await self._collect(Group([shard], items=list(enumerate(statements))), outcome, final=True)
        else:
            self.router.catalog.forget(self.request.database, self.request.namespace)

    async def _round(self, statements: list[bytes]) -> CommandError | None:
        """Send what is left once; an error that says why some must be sent again, else None."""
        request = self.request
        entry = await self.router.catalog.database(request.database, create=True)
        assert entry is not None
        table = await self.router.catalog.table(request.namespace)
        left = [index for index in range(len(statements)) if index not in self.done]
        raws = [statements[index] for index in left]
        planned = self._plan(raws, entry, table)
        work = [self._relabel(group, left) for group in planned.groups]
        if not self.ordered:
            results = await together(self._group(group, entry, table) for group in work)
            self._place_errors(planned, left)
            return next((error for error in results if error is not None), None)
        for group in work:
            again = await self._group(group, entry, table)
            if again is not None or self.errors or not self.done.issuperset(i for i, _ in group.items):
                return again
        self._place_errors(planned, left)
        return None

    def _plan(self, raws: list[bytes], entry: Document, table: RoutingTable | None) -> Plan:
        if table is None:
            return Plan(chunked(raws, entry["primary"]), {})
        return plan(self.request.name, raws, table, ordered=self.ordered)

    def _relabel(self, group: Group, left: list[int]) -> Group:
        items = [(left[index], raw) for index, raw in group.items]
        return Group(group.shards, group.every, items, group.size)

    def _place_errors(self, planned: Plan, left: list[int]) -> None:
        for index, error in planned.errors.items():
            self.done.add(left[index])
            self.errors[left[index]] = {"index": left[index], "code": error.code, "errmsg": error.message}

    async def _group(self, group: Group, entry: Document, table: RoutingTable | None) -> CommandError | None:
        if group.every and len(group.shards) > 1:
            return await self._everywhere(group)
        for position, shard in enumerate(group.shards):
            before = self.n
            last = position == len(group.shards) - 1
            again = await self._one(group, shard, versions(entry, table, shard), final=last)
            if again is not None or self.failure is not None:
                return again
            if self.n > before or self.errors.keys() & {index for index, _ in group.items}:
                self.done.update(index for index, _ in group.items)
                return None
        return None

    async def _everywhere(self, group: Group) -> CommandError | None:
        """A write to all documents that match: once on each shard, never repeated (as a mongos does)."""
        results = await together(
            self._one(group, shard, {"shardVersion": IGNORED}, final=True) for shard in group.shards
        )
        again = next((error for error in results if error is not None), None)
        if again is not None:
            self.failure = again
        return None

    async def _one(self, group: Group, shard: str, version: Document, *, final: bool) -> CommandError | None:
        request, name = self.request, self.request.name
        extra = {**version, **self.router.write_concern(request), **self._statement_ids(group)}
        field_name = FIELDS[name].encode()
        body = request.forward(extra, self.router.clock.upstream(), field_name, b"stmtId", b"stmtIds")
        sequence = [(field_name, b"".join(raw for _, raw in group.items))]
        outcome = await send_write(self.router, request, shard, body, sequence)
        if outcome.again is not None:
            return outcome.again
        assert outcome.reply is not None
        if outcome.stale and not outcome.reply.ok:
            return self._stale(CommandError.from_reply(outcome.reply.document))
        if not outcome.reply.ok and not outcome.special:
            self.failure = CommandError.from_reply(public(outcome.reply.document))
            return None
        return await self._collect(group, outcome, final)

    def _stale(self, error: CommandError) -> CommandError:
        self.router.catalog.forget(self.request.database, self.request.namespace)
        return error

    def _statement_ids(self, group: Group) -> Document:
        if not self.request.retryable_write:
            return {}
        given, first = self.request.command.get("stmtIds"), self.request.command.get("stmtId", 0)
        return {"stmtIds": [given[index] if given else first + index for index, _ in group.items]}

    async def _collect(self, group: Group, outcome: Outcome, final: bool) -> CommandError | None:
        """Add one message's results to the batch's; stale statements stay to be sent again."""
        assert outcome.reply is not None
        document = outcome.reply.document
        again: CommandError | None = None
        attempted = {index for index, _ in group.items}
        errors = document.get("writeErrors", [])
        if outcome.special and not outcome.reply.ok:
            errors = [{**document, "index": 0}]
            document = {"n": 0}
        if self.ordered and errors:
            attempted -= {index for index, _ in group.items[errors[0]["index"] :]}
        for error in errors:
            index = group.items[error["index"]][0]
            attempted.discard(index)
            if error.get("code") in STALE:
                again = self._stale(CommandError(error["code"], str(error.get("errmsg", ""))))
            elif error.get("code") == WOULD_CHANGE_SHARD:
                await self._move(error, index)
            else:
                self.errors[index] = {**error, "index": index}
                self.done.add(index)
        self._add(group, document)
        if final:
            self.done |= attempted
        return again

    def _add(self, group: Group, document: Document) -> None:
        self.n += document.get("n", 0)
        self.modified += document.get("nModified", 0)
        for item in document.get("upserted", ()):
            self.upserted.append({**item, "index": group.items[item["index"]][0]})
        self.retried += document.get("retriedStmtIds", ())
        self.concern_error = document.get("writeConcernError") or self.concern_error

    async def _move(self, error: Document, index: int) -> None:
        try:
            upserted = await move_document(self.router, self.request, error)
        except CommandError as failure:
            if failure.code in RETRYABLE or failure.code == 112:
                raise
            self.errors[index] = {
                "index": index,
                "code": failure.code,
                "errmsg": failure.message,
                **failure.extra,
            }
            self.done.add(index)
            return
        self.done.add(index)
        self.n += 1
        if upserted is None:
            self.modified += 1
        else:
            self.upserted.append({"index": index, "_id": upserted})

    def _reply(self) -> Document:
        reply: Document = {"n": self.n}
        if self.request.name == "update":
            reply["nModified"] = self.modified
        if self.upserted:
            reply["upserted"] = sorted(self.upserted, key=lambda item: item["index"])
        if self.errors:
            reply["writeErrors"] = [self.errors[index] for index in sorted(self.errors)]
        if self.concern_error:
            reply["writeConcernError"] = self.concern_error
        if self.retried:
            reply["retriedStmtIds"] = self.retried
        return {**reply, "ok": 1.0}
