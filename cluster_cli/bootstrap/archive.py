"""The WAL archive: its bucket, and the stanza of the primary region's scope, made on its leader's host."""

from __future__ import annotations

import time

from app_core.errors import SwapskillError
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.postgresql import objectstore
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.hostvars.postgres import BUCKET
from infra.platform import Execute

STORE_LIMIT_S = 30.0
COMMAND_LIMIT_S = 60.0


def ensure(ctx: Context, leader: str, log: StepLog) -> None:
    """Make the bucket and the stanza once the object store answers; what is there stays as it is.

    Raises SwapskillError with the store's or pgBackRest's words.
    """
    stores = ctx.of_kind("objectstore")
    if not stores or not isinstance(ctx.platform, Execute):
        return
    group = ctx.endpoint(leader).group
    with log.step(f"{group}: archive") as step:
        step.changed = _bucket(ctx, stores[0].member)
        _create_stanza(ctx.platform, ctx, leader, group)


def _bucket(ctx: Context, store: str) -> bool:
    """Make the bucket as soon as the server, which starts with the others, is able to."""
    last: list[Exception] = []
    made: list[bool] = []

    def attempt() -> bool:
        try:
            made.append(objectstore.ensure_bucket(ctx, store, BUCKET))
        except (OSError, SwapskillError) as error:
            last.append(error)
        return bool(made)

    if not wait_until(attempt, STORE_LIMIT_S, interval=0.1):
        why = f"{STORE_LIMIT_S:g} s: {last[-1]}"
        raise SwapskillError("the object store is not ready", on=store, why=why, hint=f"swapctl logs {store}")
    return made[0]


def _create_stanza(platform: Execute, ctx: Context, leader: str, group: str) -> None:
    config = f"--config={ctx.state_dir / 'members' / leader / 'pgbackrest.conf'}"
    command = ("pgbackrest", config, f"--stanza={group}", "stanza-create")
    started = time.monotonic()
    done = platform.execute(leader, command, timeout=COMMAND_LIMIT_S)
    if done.returncode:
        raise SwapskillError(
            "the archive cannot be prepared",
            on=leader,
            why=f"{_error(done.stderr or done.stdout)} (after {time.monotonic() - started:.0f} s)",
            hint=f"swapctl logs {leader}",
        )


def _error(text: str) -> str:
    """pgBackRest's first error line and the one after it."""
    lines = text.strip().splitlines()
    first = next((number for number, line in enumerate(lines) if "ERROR" in line), 0)
    return " ".join(line.strip() for line in lines[first : first + 2])
