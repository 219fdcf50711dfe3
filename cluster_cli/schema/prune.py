"""`schema prune`: ends what retention ends, in bounded batches that wait for the replicas."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg
from psycopg import sql

from app_core.errors import SwapskillError, TimedOutError
from app_core.schema import registry
from cluster_cli.engines.mongodb.clients import Client, mongo_client
from cluster_cli.engines.mongodb.handles import handle
from cluster_cli.lag import above, of_members
from cluster_cli.schema.apply import migrating
from cluster_cli.schema.partitions import detach_statement
from cluster_cli.schema.payments import read as read_payments
from cluster_cli.schema.retention_plan import Ending, detachable, endings
from cluster_cli.status import read_cluster
from infra.context import Context

Progress = Callable[[str], None]
PAUSE_LIMIT_S = 600.0
"""How long the replicas may keep it waiting before it gives up."""
_LOOK_S = 0.5


@dataclass(frozen=True)
class Pruned:
    """What was (with a dry run: would be) ended of one collection, table or partition."""

    object: str
    action: Literal["deleted", "detached"]
    before: datetime
    count: int
    batches: int
    reason: str


@dataclass
class Brake:
    """Lets a batch go on only while no replica of the domain is further behind than `limit` seconds."""

    late: Callable[[], list[str]]
    progress: Progress
    pause_limit: float = PAUSE_LIMIT_S
    look: float = _LOOK_S
    paused: int = 0

    def wait(self) -> None:
        """Return when the replicas have caught up; TimedOutError with the last reason when they do not."""
        end = time.monotonic() + self.pause_limit
        reasons = self.late()
        if reasons:
            self.paused += 1
            self.progress(f"paused: {'; '.join(reasons)}")
        while reasons:
            if time.monotonic() > end:
                raise TimedOutError(
                    "the replicas do not catch up", why="; ".join(reasons), hint="swapctl lag, then again"
                )
            time.sleep(self.look)
            reasons = self.late()


def brake(ctx: Context, domain: str, limit: float, progress: Progress) -> Brake:
    """The brake of a domain: by the lag that `swapctl lag` shows."""

    def late() -> list[str]:
        members = [m for m in read_cluster(ctx).members if m.domain == domain and m.kind != "mongod-config"]
        return above(of_members(members), limit)

    return Brake(late, progress)


def prune(
    ctx: Context, progress: Progress, *, batch: int, max_lag: float, dry_run: bool = False
) -> list[Pruned]:
    """End everything that retention ends now. Raises TimedOutError when replicas stay behind."""
    now = datetime.now(UTC)
    todo = endings(registry.collections(), registry.tables(), now)
    found: list[Pruned] = []
    if ctx.topology.social is not None:
        with contextlib.closing(mongo_client(ctx, "root")) as client:
            stop = brake(ctx, "social", max_lag, progress)
            for ending in (e for e in todo if e.domain == "social"):
                found += _report(ending, _social(client, ending, batch, dry_run), stop, progress, dry_run)
    if ctx.topology.payments is not None:
        stop = brake(ctx, "payments", max_lag, progress)
        with migrating(ctx) as connection:
            found += _detach(connection, now, stop, progress, dry_run)
            for ending in (e for e in todo if e.domain == "payments"):
                batches = _payments(connection, ending, batch, dry_run)
                found += _report(ending, batches, stop, progress, dry_run)
    return found


def _report(
    ending: Ending, batches: Iterator[int], stop: Brake, progress: Progress, dry_run: bool
) -> list[Pruned]:
    count = number = 0
    for removed in batches:
        count, number = count + removed, number + 1
        if not dry_run:
            progress(f"{ending.name}: {count} deleted")
            stop.wait()
    return [Pruned(ending.name, "deleted", ending.before, count, number, ending.reason)] if count else []


def _social(client: Client, ending: Ending, batch: int, dry_run: bool) -> Iterator[int]:
    """Delete by `_id`, so many at a time, under the collection's own write concern."""
    collection = handle(client, ending.collection)
    query: dict[str, Any] = {ending.field: {"$lt": ending.before}}
    if ending.only is not None:
        query[ending.only[0]] = {"$in": list(ending.only[1])}
    if dry_run:
        yield collection.count_documents(query)
        return
    while ids := [d["_id"] for d in collection.find(query, {"_id": 1}).limit(batch)]:
        # the query again: a document may have been reopened meanwhile
        yield collection.delete_many({"_id": {"$in": ids}, **query}).deleted_count


def _payments(
    connection: psycopg.Connection[Any], ending: Ending, batch: int, dry_run: bool
) -> Iterator[int]:
    table, where = sql.Identifier(ending.collection), _where(ending)
    if dry_run:
        counted = connection.execute(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(table, where))
        yield int((counted.fetchone() or (0,))[0])
        return
    statement = sql.SQL(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table} WHERE {where} LIMIT {batch}))"
    ).format(table=table, where=where, batch=sql.Literal(batch))
    while removed := _execute(connection, statement, ending.name):
        yield removed


def _where(ending: Ending) -> sql.Composed:
    old = sql.SQL("{} < {}").format(sql.Identifier(ending.field), sql.Literal(ending.before))
    if ending.only is None:
        return old
    column, values = ending.only
    return sql.SQL("{} AND {} = ANY ({})").format(old, sql.Identifier(column), sql.Literal(list(values)))


def _execute(connection: psycopg.Connection[Any], statement: sql.Composed, on: str) -> int:
    try:
        return connection.execute(statement).rowcount
    except psycopg.Error as error:
        raise SwapskillError(
            "pruning failed", on=on, why=str(error.diag.message_primary or error), hint="swapctl schema diff"
        ) from error


def _detach(
    connection: psycopg.Connection[Any], now: datetime, stop: Brake, progress: Progress, dry_run: bool
) -> list[Pruned]:
    facts = read_payments(connection)
    found: list[Pruned] = []
    for partition in detachable(facts.tables, facts.partitions, now):
        if not dry_run:
            _execute(connection, detach_statement(partition.table, partition.name), partition.name)
            progress(f"{partition.name}: detached; when it is archived: DROP TABLE {partition.name}")
            stop.wait()
        found.append(Pruned(f"payments.{partition.name}", "detached", now, 1, 1, "its month is over"))
    return found
