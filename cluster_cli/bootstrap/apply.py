"""`schema apply` on a formed cluster: both databases, without touching members or sets."""

from __future__ import annotations

from cluster_cli.bootstrap.steps import BootstrapResult, Progress, StepLog
from infra.context import Context


def apply_schema(ctx: Context, progress: Progress, *, dry_run: bool = False) -> BootstrapResult:
    """Bring collections and tables to the registry's state; with `dry_run` only say what is missing.

    Raises UnhealthyError or RefusedError for what contradicts the registry, SwapskillError when a
    migration fails.
    """
    log = StepLog(progress)
    if ctx.topology.social is not None:
        from cluster_cli.bootstrap.schema import apply_collections

        apply_collections(ctx, log, dry_run=dry_run)
    if ctx.topology.payments is not None:
        from cluster_cli.bootstrap.migrations import apply_migrations

        apply_migrations(ctx, log, dry_run=dry_run)
    return log.result()
