"""The router's shared state and its calls to members."""

from __future__ import annotations

import asyncio
import collections
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from bson import Binary, ObjectId

from infra.router.bsonraw import Document, encode, rebuild
from infra.router.catalog import Catalog
from infra.router.clock import LogicalClock
from infra.router.errors import NOT_PRIMARY, RETRYABLE, STALE, MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.reply import Reply
from infra.router.request import Request
from infra.router.routing import UNSHARDED, RoutingTable
from infra.router.selection import PRIMARY, ReadPreference

if TYPE_CHECKING:
    from infra.router.accounts import Accounts
    from infra.router.cursors import Cursors
    from infra.router.failpoints import FailPoints
    from infra.router.transactions import Transactions

T = TypeVar("T")
_READ_ATTEMPTS = 4
_STALE_ATTEMPTS = 10


@dataclass(frozen=True)
class ShardReply:
    """One shard's reply to a fanned-out command."""

    shard: str
    reply: Reply
    member: Member


@dataclass
class Router:
    """Everything that requests share. No request waits in here for a shard that it does not need."""

    catalog: Catalog
    clock: LogicalClock
    authenticate: bool
    port: int = 0
    argv: list[str] = field(default_factory=list[str])
    cursors: Cursors = field(init=False)
    transactions: Transactions = field(init=False)
    users: Accounts = field(init=False)
    fail_points: FailPoints | None = None
    parsed_options: Document = field(default_factory=dict[str, Any])
    security: Document = field(default_factory=dict[str, Any])
    started: float = field(default_factory=time.time)
    process_id: ObjectId = field(default_factory=ObjectId)
    counters: collections.Counter[str] = field(default_factory=collections.Counter[str])
    connections: int = 0
    _idle_sessions: list[Document] = field(default_factory=list[Document])

    async def send(
        self,
        request: Request,
        member: Member,
        body: bytes,
        sequences: list[tuple[bytes, bytes]] | None = None,
    ) -> Reply:
        """One request to one member; its times are noted. MemberLost when it does not answer."""
        reply = await member.call(body, sequences)
        if reply.cluster_time is not None:
            self.clock.advance(reply.cluster_time)
        request.note(reply)
        return reply

    def compose(self, document: Document) -> bytes:
        """A command of the router's own making, with the gossiped time."""
        return rebuild(encode(document), (), self.clock.upstream())

    async def ask(self, request: Request, member: Member, document: Document) -> Reply:
        """A composed command to one member."""
        return await self.send(request, member, self.compose(document))

    async def on_shard(
        self,
        request: Request,
        shard: str,
        body: bytes,
        sequences: list[tuple[bytes, bytes]] | None = None,
        *,
        preference: ReadPreference = PRIMARY,
        again: bool = False,
    ) -> ShardReply:
        """A request to a fitting member of a shard; repeated after a failover when `again`."""
        members = await self.catalog.shard(shard)
        attempts = _READ_ATTEMPTS if again else 1
        for attempt in range(1, attempts + 1):
            member = await members.select(preference, request.deadline)
            try:
                reply = await self.send(request, member, body, sequences)
            except MemberLost as error:
                if attempt == attempts:
                    raise host_unreachable(error) from error
                await members.wait_change(0.1)
                continue
            if not reply.ok and reply.code in NOT_PRIMARY:
                member.not_primary()
            if attempt == attempts or reply.ok or reply.code not in RETRYABLE:
                return ShardReply(shard, reply, member)
            await members.wait_change(0.1)
        raise AssertionError("unreachable")

    async def versioned(
        self,
        request: Request,
        namespace: str,
        make: Callable[[str], Document],
        *,
        targets: Callable[[RoutingTable], Iterable[str]] | None = None,
        create: bool = False,
        again: bool = True,
        preference: ReadPreference = PRIMARY,
        sequences: list[tuple[bytes, bytes]] | None = None,
    ) -> list[ShardReply]:
        """A command with version arguments on the owners (or `targets`), repeated while metadata are stale.

        Empty when the database does not exist.
        """
        database, _, _ = namespace.partition(".")
        replies: list[ShardReply] = []
        for attempt in range(_STALE_ATTEMPTS):
            entry = await self.catalog.database(database, create=create)
            if entry is None:
                return []
            table = await self.catalog.table(namespace)
            shards = owners(entry, table, targets)

            async def one(shard: str, entry: Document = entry, table: Any = table) -> ShardReply:
                document = {**make(shard), **versions(entry, table, shard), "$db": database}
                body = self.compose(document)
                return await self.on_shard(
                    request, shard, body, sequences, preference=preference, again=again
                )

            replies = await together(one(shard) for shard in shards)
            if not any(is_stale(answer.reply) for answer in replies):
                return replies
            self.catalog.forget(database, namespace)
            await asyncio.sleep(0.02 * attempt)
        return replies

    def borrow_session(self) -> Document:
        """A driver session of the router's own, for cursors that must be killable on every shard."""
        if self._idle_sessions:
            return self._idle_sessions.pop()
        return {"id": Binary(secrets.token_bytes(16), 4)}

    def return_session(self, session: Document) -> None:
        """Give a borrowed driver session back when its cursor is exhausted."""
        if len(self._idle_sessions) < 1000:
            self._idle_sessions.append(session)

    def write_concern(self, request: Request) -> Document:
        """The request's write concern, or the cluster's default, as an argument to add."""
        given = request.command.get("writeConcern")
        if not given:
            return {"writeConcern": {**self.catalog.write_concern}}
        if given.get("w") == 0:
            # A member that owes no answer keeps a stale version to itself too, and the write would be lost.
            return {"writeConcern": {**given, "w": 1}}
        if set(given) & {"w", "j", "fsync"}:
            return {"writeConcern": given}
        return {"writeConcern": {**self.catalog.write_concern, **given}}


def owners(
    entry: Document, table: RoutingTable | None, targets: Callable[[RoutingTable], Iterable[str]] | None
) -> list[str]:
    """The shards for a command: the database's primary shard, the chosen ones, or every owner."""
    if table is None:
        return [entry["primary"]]
    return list(targets(table)) if targets is not None else table.shards


def versions(entry: Document, table: RoutingTable | None, shard: str) -> Document:
    """The version arguments by which a shard checks the router's metadata."""
    if table is not None:
        return {"shardVersion": table.version(shard)}
    if "version" not in entry:
        return {}
    return {"shardVersion": UNSHARDED, "databaseVersion": entry["version"]}


def is_stale(reply: Reply) -> bool:
    """The shard refused because the router's metadata are old."""
    if not reply.ok:
        return reply.code in STALE
    return reply.has_errors and any(e.get("code") in STALE for e in reply.document.get("writeErrors", ()))


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Run all at once, wait for all, then raise the first error there was."""
    tasks = [asyncio.ensure_future(item) for item in work]
    if len(tasks) == 1:
        return [await tasks[0]]
    try:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def first_error(replies: list[ShardReply]) -> Reply | None:
    """The first failed reply."""
    return next((answer.reply for answer in replies if not answer.reply.ok), None)
