"""`schema plan`, `diff` and `apply`: both domains, one list of differences."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from app_core.errors import RefusedError, UsageError, nearest
from cluster_cli.bootstrap.steps import BootstrapResult, Progress, StepLog
from cluster_cli.schema import payments, social
from cluster_cli.schema.checks import differences
from cluster_cli.schema.differences import Difference, blocking, droppable, to_apply, unknown_names
from cluster_cli.schema.migrations import turn
from infra.context import Context

NONE: frozenset[str] = frozenset()


def find_differences(ctx: Context) -> list[Difference]:
    """Everything in which the live clusters differ from the registry; only reads."""
    readers: list[Callable[[Context], list[Difference]]] = []
    readers += [_social_differences] if ctx.topology.social is not None else []
    readers += [_payments_differences] if ctx.topology.payments is not None else []
    with ThreadPoolExecutor(2, thread_name_prefix="schema-diff") as pool:
        parts = list(pool.map(lambda read: read(ctx), readers))
    return [difference for part in parts for difference in part]


def _social_differences(ctx: Context) -> list[Difference]:
    from cluster_cli.engines.mongodb.clients import mongo_client

    with contextlib.closing(mongo_client(ctx, "root")) as client:
        return differences("social", social.read(ctx, client))


def _payments_differences(ctx: Context) -> list[Difference]:
    from cluster_cli.engines.postgresql.connect import connect

    with contextlib.closing(connect(ctx, via="proxy", autocommit=True)) as connection:
        return differences("payments", payments.read(connection))


def planned(ctx: Context, allowed: frozenset[str] = NONE) -> list[Difference]:
    """What `apply` would do now, in order. Raises RefusedError for what keeps it from beginning."""
    found = find_differences(ctx)
    check(found, allowed)
    return to_apply(found, allowed)


def check(found: list[Difference], allowed: frozenset[str], *, names: bool = True) -> None:
    """Raises UsageError for an allowed name that is no difference, RefusedError for contradictions."""
    strangers = unknown_names(found, allowed) if names else []
    if strangers:
        raise UsageError(
            "nothing of that name would be dropped",
            on=strangers[0],
            why=_known(strangers[0], found),
            hint="swapctl schema diff",
        )
    refused = blocking(found, allowed)
    if refused:
        raise RefusedError(
            "the live schema contradicts the registry",
            on=refused[0].object,
            why="; ".join(d.detail if d is refused[0] else d.sentence() for d in refused),
            hint=refused[0].cure.partition(" (")[0],
        )


def _known(name: str, found: list[Difference]) -> str:
    names = droppable(found)
    return nearest(name, names) if names else "there is nothing that the registry does not have"


def apply_schema(
    ctx: Context, progress: Progress, *, allowed: frozenset[str] = NONE, dry_run: bool = False
) -> BootstrapResult:
    """Bring collections and tables to the registry's state; with `dry_run` only say what is missing.

    Nothing is dropped but what `allowed` names. Raises RefusedError for what contradicts the registry
    (nothing was changed), SwapskillError when a change fails; the next run goes on from there.
    """
    check(find_differences(ctx), allowed)  # both domains, before either is changed
    log = StepLog(progress)
    if ctx.topology.social is not None:
        apply_social(ctx, log, allowed=allowed, dry_run=dry_run)
    if ctx.topology.payments is not None:
        apply_payments(ctx, log, allowed=allowed, dry_run=dry_run)
    return log.result()


def apply_social(
    ctx: Context, log: StepLog, *, allowed: frozenset[str] = NONE, dry_run: bool = False
) -> None:
    """The social domain alone, as the bootstrap calls it."""
    from cluster_cli.engines.mongodb.clients import mongo_client

    with contextlib.closing(mongo_client(ctx, "root")) as client:
        facts = social.read(ctx, client)
        found = differences("social", facts)
        check(found, allowed, names=False)
        social.cure(client, facts, to_apply(found, allowed), log, dry_run=dry_run)
    _say_kept(found, allowed, log)


def apply_payments(
    ctx: Context, log: StepLog, *, allowed: frozenset[str] = NONE, dry_run: bool = False
) -> None:
    """The payments domain alone, as the bootstrap calls it."""
    with migrating(ctx) as connection:
        facts = payments.read(connection)
        found = differences("payments", facts)
        check(found, allowed, names=False)
        payments.cure(connection, facts, allowed, log, dry_run=dry_run)
    _say_kept(found, allowed, log)


@contextlib.contextmanager
def migrating(ctx: Context, database: str = "payments") -> Iterator[payments.Connection]:
    """A connection past the pooler that holds the migration runners' turn."""
    from cluster_cli.engines.postgresql.connect import connect

    link = connect(ctx, via="proxy", database=database, autocommit=True)
    with contextlib.closing(link) as connection, turn(connection):
        yield connection


def _say_kept(found: list[Difference], allowed: frozenset[str], log: StepLog) -> None:
    for difference in found:
        if difference.act == "person" or (difference.act == "drop" and difference.name not in allowed):
            log.progress(f"left as it is: {difference.sentence()}; {difference.cure}")
