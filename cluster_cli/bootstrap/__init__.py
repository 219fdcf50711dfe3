"""Makes a cluster of started processes. A second run changes nothing; one after a kill goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cluster_cli.bootstrap.steps import BootstrapResult, Progress, Step, StepLog
from infra.context import Context

__all__ = ["BootstrapResult", "Step", "bootstrap"]


def bootstrap(ctx: Context, progress: Progress | None = None) -> BootstrapResult:
    """Form both domains side by side, each followed by its part of the schema.

    Each step looks first at what is there, so the function may be called again at any time, also after
    it was killed. Raises SwapskillError with the member and the reason; the other domain is finished first.
    """
    log = StepLog(progress) if progress is not None else StepLog()
    with ThreadPoolExecutor(2, thread_name_prefix="bootstrap") as pool:
        domains = [pool.submit(_social, ctx, log), pool.submit(_payments, ctx, log)]
    for domain in domains:
        domain.result()
    return log.result()


def _social(ctx: Context, log: StepLog) -> None:
    if ctx.topology.social is None:
        return
    from cluster_cli.bootstrap import mongodb
    from cluster_cli.schema.apply import apply_social

    mongodb.bootstrap(ctx, log)
    apply_social(ctx, log)
    mongodb.await_members(ctx, log)


def _payments(ctx: Context, log: StepLog) -> None:
    if ctx.topology.payments is None:
        return
    from cluster_cli.bootstrap import postgresql
    from cluster_cli.schema.apply import apply_payments

    postgresql.bootstrap(ctx, log)
    postgresql.steadily(lambda: apply_payments(ctx, log))
