"""The payments domain's schema: the migrations beside the live database, and the cures of what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from app_core.errors import SwapskillError
from app_core.schema import registry
from app_core.schema.migrations import Migration
from app_core.schema.tabular import Table
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.postgresql.connect import lost
from cluster_cli.schema import migrations as runner
from cluster_cli.schema import patience
from cluster_cli.schema.catalogue import Catalogue, wanted_catalogue
from cluster_cli.schema.checks import differences
from cluster_cli.schema.differences import Difference, to_apply
from cluster_cli.schema.payments_facts import PaymentsFacts, read_payments

Connection = psycopg.Connection[Any]
_STEPS = {
    "invalid-index": "half-built indexes",
    "missing-partition": "partitions",
    "unattached-partition": "partitions",
    "interrupted-detach": "partitions",
    "missing-statistics": "statistics of statements",
}
_OTHER = "indexes"


def read(
    connection: Connection,
    *,
    migrations: tuple[Migration, ...] | None = None,
    tables: tuple[Table, ...] | None = None,
    wanted: Catalogue | None = None,
) -> PaymentsFacts:
    """The registry (or what is given instead) and the live database."""
    return read_payments(
        connection,
        registry.migrations() if migrations is None else migrations,
        registry.tables() if tables is None else tables,
        wanted_catalogue() if wanted is None else wanted,
    )


def cure(
    connection: Connection,
    facts: PaymentsFacts,
    allowed: frozenset[str],
    log: StepLog,
    *,
    dry_run: bool = False,
) -> None:
    """Half-built indexes first, then migrations, then what they leave to do: indexes, partitions, statistics.

    The connection autocommits and holds the runners' turn. Raises RefusedError for an edited history, and
    SwapskillError with the server's words.
    """
    found = to_apply(differences("payments", facts), allowed)
    _cure_all(connection, [d for d in found if d.kind == "invalid-index"], log, dry_run)
    waiting = runner.pending(facts.migrations, facts.applied)
    if not waiting:
        with log.step("migrations") as step:
            step.changed = False
    elif not dry_run:
        runner.prepare(connection)
    for migration in waiting:
        with log.step(f"migration {migration.version}_{migration.name}") as step:
            step.changed = True
            if not dry_run:
                runner.run_one(connection, migration)
    if waiting and not dry_run:
        after = read(connection, migrations=facts.migrations, tables=facts.tables, wanted=facts.wanted)
        found = to_apply(differences("payments", after), allowed)
    rest = [d for d in found if d.kind not in ("invalid-index", "pending-migration")]
    _cure_all(connection, rest, log, dry_run)


def _cure_all(connection: Connection, found: Sequence[Difference], log: StepLog, dry_run: bool) -> None:
    steps = {_STEPS.get(d.kind, _OTHER): None for d in found}
    for name in steps:
        with log.step(name) as step:
            step.changed = True
            if not dry_run:
                _run(connection, [d for d in found if _STEPS.get(d.kind, _OTHER) == name])


def _run(connection: Connection, found: Iterable[Difference]) -> None:
    for difference in found:
        try:
            for _, statement in difference.commands:
                act = patience.execute if patience.online(statement) else patience.briefly
                act(connection, statement)
        except psycopg.Error as error:
            if lost(error):
                raise
            raise SwapskillError(
                f"the change failed ({difference.cure})",
                on=difference.object,
                why=str(error.diag.message_primary or error),
                hint="swapctl schema diff",
            ) from error
