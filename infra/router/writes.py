"""insert, update and delete: to the owners, exactly once when the driver asked for it."""

from __future__ import annotations

from infra.router.batch import Batch
from infra.router.bsonraw import Document
from infra.router.core import Router, versions
from infra.router.errors import (
    CommandError,
)
from infra.router.reads import on_config
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.sendwrite import finish, send_write
from infra.router.writebatch import FIELDS, MAX_GROUP_BYTES


async def write(router: Router, request: Request) -> Answer:
    """Run a write command; write errors come back in the reply, failures of the whole as CommandError."""
    _check(request)
    if request.database in ("admin", "config") and request.namespace != "config.system.sessions":
        return await on_config(router, request)
    if request.database == "local":
        raise CommandError(73, "the local database is not reachable through a router")
    entry = await router.catalog.database(request.database, create=True)
    if entry is None:
        raise CommandError(26, f"database {request.database} not found")
    table = await router.catalog.table(request.namespace)
    batch = Batch(router, request)
    whole = await _whole_batch(router, batch, entry, table)
    return whole if whole is not None else await batch.run()


def _check(request: Request) -> None:
    statements = request.documents(FIELDS[request.name])
    if not 1 <= len(statements) <= 100_000:
        raise CommandError(
            16, f"Write batch sizes must be between 1 and 100000. Got {len(statements)} operations."
        )
    if request.command.get("isTimeseriesNamespace"):
        raise CommandError(72, "isTimeseriesNamespace is not a client's argument")


async def _whole_batch(
    router: Router, batch: Batch, entry: Document, table: RoutingTable | None
) -> Answer | None:
    """The client's message as it is, when one shard takes it all; None when the batch must go on."""
    request = batch.request
    if request.message.size > MAX_GROUP_BYTES:
        return None
    single = table is None or (request.name == "insert" and len(table.shards) == 1)
    if not single:
        return None
    shard = entry["primary"] if table is None else table.shards[0]
    extra = {**versions(entry, table, shard), **router.write_concern(request)}
    body = request.forward(extra, router.clock.upstream())
    outcome = await send_write(router, request, shard, body, request.message.sequences)
    if outcome.stale or outcome.again or outcome.special:
        await batch.absorb(shard, outcome)
        return None
    return finish(request, outcome.reply)
