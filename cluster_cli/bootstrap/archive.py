"""The WAL archive: the stanza of the primary region's scope, made on its leader's host."""

from __future__ import annotations

import time

from app_core.errors import SwapskillError
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Execute

STORE_LIMIT_S = 30.0
COMMAND_LIMIT_S = 60.0


def ensure(ctx: Context, leader: str, log: StepLog) -> None:
    """Make the leader's stanza once the object store answers; a stanza that is there stays as it is.

    Raises SwapskillError with pgBackRest's words.
    """
    stores = ctx.of_kind("objectstore")
    if not stores or not isinstance(ctx.platform, Execute):
        return
    group = ctx.endpoint(leader).group
    with log.step(f"{group}: archive"):
        started = time.monotonic()
        wait_until(lambda: _accepts(stores[0].address, stores[0].ports["s3"]), STORE_LIMIT_S)
        left = COMMAND_LIMIT_S - (time.monotonic() - started)
        _create_stanza(ctx.platform, ctx, leader, group, left)


def _create_stanza(platform: Execute, ctx: Context, leader: str, group: str, limit: float) -> None:
    config = f"--config={ctx.state_dir / 'members' / leader / 'pgbackrest.conf'}"
    command = ("pgbackrest", config, f"--stanza={group}", "stanza-create")
    done = platform.execute(leader, command, timeout=limit)
    if done.returncode:
        raise SwapskillError(
            "the archive cannot be prepared",
            on=leader,
            why=(done.stderr or done.stdout).strip()[-400:],
            hint="swapctl logs s3",
        )


def _accepts(address: str, port: int) -> bool:
    import socket

    try:
        with socket.create_connection((address, port), 0.5):
            return True
    except OSError:
        return False
