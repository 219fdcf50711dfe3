"""Reads of collections: find, and what finds and aggregates share."""

from __future__ import annotations

import asyncio

from bson import Timestamp

from infra.router.bsonraw import Document
from infra.router.catalog import CONFIG
from infra.router.core import Router, is_stale, versions
from infra.router.merge import open_merged
from infra.router.remotecursor import adopt
from infra.router.reply import Reply
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.selection import PRIMARY_PREFERRED

_STALE_ATTEMPTS = 10
VIEW_ON_SHARDED = 169


async def find(router: Router, request: Request) -> Answer:
    """A find: straight to the owner when one shard can answer, merged in the router otherwise."""
    if request.database in ("admin", "config") and request.namespace != "config.system.sessions":
        return await on_config(router, request)
    command = request.command
    answer: Answer = {}
    for attempt in range(_STALE_ATTEMPTS):
        entry = await router.catalog.database(request.database)
        if entry is None:
            return await _nothing_there(router, request)
        table = await router.catalog.table(request.namespace)
        targets = [entry["primary"]]
        if table is not None:
            targets = table.shards_of_query(command.get("filter"), command.get("collation"))
        if len(targets) > 1 and table is not None:
            answer, stale = await open_merged(
                router, request, table, targets, read_concern(router, request, True)
            )
        else:
            answer, stale = await direct(router, request, entry, table, targets[0])
        if not stale:
            break
        router.catalog.forget(request.database, request.namespace)
        await asyncio.sleep(0.02 * attempt)
    return answer


async def _nothing_there(router: Router, request: Request) -> Answer:
    """A find in a database that is not there: a config server, which has no data, judges its arguments."""
    extra = {"$readPreference": {"mode": PRIMARY_PREFERRED.mode}}
    body = request.forward(extra, router.clock.upstream())
    answer = await router.on_shard(
        request, CONFIG, body, request.message.sequences, preference=PRIMARY_PREFERRED, again=True
    )
    return answer.reply


async def direct(
    router: Router, request: Request, entry: Document, table: RoutingTable | None, shard: str
) -> tuple[Answer, bool]:
    """The client's own command to the one shard that can answer; (answer, metadata were stale)."""
    extra = {**versions(entry, table, shard), **read_concern(router, request, False)}
    body = request.forward(extra, router.clock.upstream())
    answer = await router.on_shard(
        request, shard, body, request.message.sequences, preference=request.preference, again=True
    )
    if is_stale(answer.reply):
        return answer.reply, True
    return adopt(router, request, answer.reply, answer.member, session_context(request)), False


def session_context(request: Request) -> Document:
    """What every getMore of a passed-on cursor must repeat."""
    autocommit = {k: request.command[k] for k in ("autocommit",) if k in request.command}
    return request.cursor_fields() | autocommit


def read_concern(router: Router, request: Request, several: bool) -> Document:
    """The read concern to add: the cluster's default, and one time for a snapshot over several shards."""
    given: Document | None = request.command.get("readConcern")
    if not given or not (set(given) - {"afterClusterTime"}):
        default = router.catalog.read_concern
        given = {**default, **(given or {})} if default else given
    if given and given.get("level") == "snapshot" and several and "atClusterTime" not in given:
        given = {**given, "atClusterTime": snapshot_time(router, given)}
        given.pop("afterClusterTime", None)
    return {"readConcern": given} if given else {}


def snapshot_time(router: Router, concern: Document) -> Timestamp:
    """The one time at which a snapshot over several shards is read."""
    after = concern.get("afterClusterTime", Timestamp(0, 0))
    return max(after, router.clock.time)


async def on_config(router: Router, request: Request) -> Answer:
    """A read or write of the admin or config database: the client's command at the config servers."""
    write = request.name in ("insert", "update", "delete", "findAndModify", "findandmodify")
    extra = router.write_concern(request) if write else {}
    drop = (
        []
        if write
        else [b"readConcern"]
        if request.command.get("readConcern", {}).get("level") == "snapshot"
        else []
    )
    body = request.forward(extra, router.clock.upstream(), *drop)
    answer = await router.on_shard(
        request, "config", body, request.message.sequences, preference=request.preference, again=not write
    )
    return adopt(router, request, answer.reply, answer.member, session_context(request))


def is_view_error(answer: Answer) -> bool:
    """The shard says that the collection is a view on a sharded one, which it cannot read by itself."""
    return isinstance(answer, Reply) and not answer.ok and answer.code == VIEW_ON_SHARDED


def as_document(answer: Answer) -> Document:
    """An answer, decoded."""
    if isinstance(answer, dict):
        return answer
    return (answer if isinstance(answer, Reply) else Reply(answer)).document
