"""Pruning of the payments database: months that are over leave whole, rows in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from cluster_cli.schema.detaching import detach
from cluster_cli.schema.payments import read as read_payments
from cluster_cli.schema.payments_facts import Partition
from cluster_cli.schema.prune_statements import (
    Referrer,
    count_statement,
    delete_statement,
    read_referrers,
    unfinished_statement,
)
from cluster_cli.schema.pruned import Brake, Progress, Pruned, pause, report, until_held, why_failed
from cluster_cli.schema.retention_plan import Ending, detachable

Connection = psycopg.Connection[Any]


def prune_payments(
    connection: Connection,
    todo: Iterable[Ending],
    now: datetime,
    stop: Brake,
    progress: Progress,
    *,
    batch: int,
    dry_run: bool = False,
) -> list[Pruned]:
    """The payments domain alone: months that are over, then rows. The connection autocommits."""

    def parts() -> Iterator[list[Pruned]]:
        yield _detach(connection, now, stop, progress, dry_run)
        referrers = read_referrers(connection)
        for ending in (e for e in todo if e.domain == "payments"):
            batches = _payments(connection, ending, referrers, batch, dry_run)
            yield report(ending, batches, stop, progress, dry_run)

    return until_held(parts())


def _payments(
    connection: Connection,
    ending: Ending,
    referrers: list[Referrer],
    batch: int,
    dry_run: bool,
) -> Iterator[int]:
    if dry_run:
        yield _number(connection, count_statement(ending, referrers))
        return
    statement = delete_statement(ending, referrers, batch)
    while removed := connection.execute(statement).rowcount:
        yield removed


def _number(connection: Connection, statement: sql.Composed) -> int:
    return int((connection.execute(statement).fetchone() or (0,))[0])


def _detach(
    connection: Connection, now: datetime, stop: Brake, progress: Progress, dry_run: bool
) -> list[Pruned]:
    facts = read_payments(connection)
    done = {t.name: t.partitioning.done for t in facts.tables if t.partitioning is not None}
    found: list[Pruned] = []
    for partition in detachable(facts.tables, facts.partitions, now):
        try:
            found.append(detach_one(connection, partition, done[partition.table], now, progress, dry_run))
        except psycopg.Error as error:
            why = why_failed(error)
            progress(f"{partition.name}: {why}")
            found.append(Pruned(f"payments.{partition.name}", "failed", now, 0, 0, why))
        held = [] if dry_run else pause(stop, f"payments.{partition.name}", now)
        if held:
            return [*found, *held]
    return found


def detach_one(
    connection: Connection,
    partition: Partition,
    done: str,
    now: datetime,
    progress: Progress,
    dry_run: bool,
) -> Pruned:
    """Detach a month, unless a row of it is not `done` with: then it stays, and is told as kept."""
    name = f"payments.{partition.name}"
    waiting = _number(connection, unfinished_statement(partition.name, done)) if done else 0
    if waiting:
        progress(f"{partition.name}: stays, {waiting} rows lack {done}")
        return Pruned(name, "kept", now, waiting, 0, f"rows without {done} would leave unnoticed")
    if not dry_run:
        detach(connection, partition.table, partition.name)
        progress(f"{partition.name}: detached; when it is archived: DROP TABLE {partition.name}")
    return Pruned(name, "detached", now, 1, 1, "its month is over")
