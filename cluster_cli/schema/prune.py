"""`schema prune`: ends what retention ends, in bounded batches that wait for the replicas."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from app_core.schema import registry
from cluster_cli.engines.model import MemberStatus
from cluster_cli.engines.mongodb.clients import Client, Document, mongo_client
from cluster_cli.engines.mongodb.handles import handle
from cluster_cli.lag import above, of_members
from cluster_cli.schema.apply import migrating
from cluster_cli.schema.prune_payments import prune_payments
from cluster_cli.schema.pruned import Brake, Progress, Pruned, report, until_held
from cluster_cli.schema.retention_plan import Ending, endings
from cluster_cli.status import read_cluster
from infra.context import Context


def brake(ctx: Context, domain: str, limit: float, progress: Progress) -> Brake:
    """The brake of a domain: by the lag that `swapctl lag` shows, a warm copy in the DR region's included."""

    def late() -> list[str]:
        return above(of_members(holders(read_cluster(ctx).members, domain)), limit)

    return Brake(late, progress)


def holders(members: Iterable[MemberStatus], domain: str) -> list[MemberStatus]:
    """The members of a domain that have its data: config servers do not. Pure."""
    return [
        m for m in members if m.domain == domain and m.kind not in ("mongod-config", "mongod-hidden-config")
    ]


def prune(
    ctx: Context, progress: Progress, *, batch: int, max_lag: float, dry_run: bool = False
) -> list[Pruned]:
    """End everything that retention ends now; what fails is told as such, and the rest goes on.

    Replicas that stay behind end their own domain's part. A dry run counts what nothing refers to now.
    Raises what a driver raises when it loses its server.
    """
    now = datetime.now(UTC)
    todo = endings(registry.collections(), registry.tables(), now)
    found: list[Pruned] = []
    if ctx.topology.social is not None:
        with contextlib.closing(mongo_client(ctx, "root")) as client:
            stop = brake(ctx, "social", max_lag, progress)
            found += until_held(
                report(ending, _social(client, ending, batch, dry_run), stop, progress, dry_run)
                for ending in todo
                if ending.domain == "social"
            )
    if ctx.topology.payments is not None:
        stop = brake(ctx, "payments", max_lag, progress)
        with migrating(ctx) as connection:
            found += prune_payments(connection, todo, now, stop, progress, batch=batch, dry_run=dry_run)
    return found


def _social(client: Client, ending: Ending, batch: int, dry_run: bool) -> Iterator[int]:
    """Delete by `_id`, so many at a time, under the collection's own write concern."""
    collection = handle(client, ending.collection)
    query: dict[str, Any] = {ending.field: {"$lt": ending.before}}
    if ending.only is not None:
        query[ending.only[0]] = {"$in": list(ending.only[1])}
    if dry_run and not ending.held_by:
        yield collection.count_documents(query)
        return
    fields = ["_id", *(holder.target_field for holder in ending.held_by)]
    passed = 0  # the oldest that are held stay where they are: the next batch begins behind them
    while found := list(collection.find(query, fields).sort(ending.field).skip(passed).limit(batch)):
        ids = [d["_id"] for d in free(client, ending, found)]
        passed += len(found) if dry_run else len(found) - len(ids)
        if ids and dry_run:
            yield len(ids)
        elif ids:
            # the query again: a document may have been reopened meanwhile
            yield collection.delete_many({"_id": {"$in": ids}, **query}).deleted_count


def free(client: Client, ending: Ending, documents: list[Document]) -> list[Document]:
    """Those of the documents that no other one keeps."""
    left = documents
    for holder in ending.held_by:
        values = [document[holder.target_field] for document in left]
        among = {holder.field: {"$in": values}}
        held = set(handle(client, holder.collection).distinct(holder.field, among))
        left = [document for document in left if document[holder.target_field] not in held]
    return left
