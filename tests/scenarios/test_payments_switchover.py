"""A planned switchover: no client sees an error, and the pools go on whatever happens to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app_core.errors import RefusedError, SwapskillError
from cluster_cli.engines.postgresql import connect, pgbouncer, read_status, switchover, sync_state
from cluster_cli.engines.postgresql.leader import leader, read_sync_key
from cluster_cli.engines.postgresql.switchover import read_facts
from cluster_cli.plans.switchover_payments import refusals
from infra.context import Context
from tests.scenarios.payments_load import load, missing, wait_until

pytestmark = pytest.mark.cluster

SWAPCTL = str(Path(sys.executable).with_name("swapctl"))
HOLD = """
import sys, time
from cluster_cli.engines.postgresql.pools import held
from infra.context import load_context
ctx = load_context(sys.argv[1])
with held(ctx, tuple(p.member for p in ctx.of_kind("proxy"))):
    print("paused", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def healthy(sandbox: Context) -> Context:
    wait_until(lambda: is_healthy(sandbox), 60)
    return sandbox


def is_healthy(ctx: Context) -> bool:
    try:
        return (
            sync_state(ctx).mode == "sync"
            and bool(read_sync_key(ctx).members)
            and all(member.ok for member in read_status(ctx))
            and refusals(read_facts(ctx)) == ()
        )
    except (SwapskillError, psycopg.OperationalError):  # etcd has no leader yet; the leader shuts down
        return False


def paused_proxies(ctx: Context) -> list[str]:
    found = []
    for proxy in ctx.of_kind("proxy"):
        with pgbouncer.console(ctx, proxy.member) as console:
            if pgbouncer.is_paused(console):
                found.append(proxy.member)
    return found


def test_open_transaction_refuses_the_switchover_and_leaves_the_pools_alone(healthy: Context) -> None:
    before = leader(healthy)
    with connect(healthy, "app") as connection:
        connection.execute("SELECT pg_sleep(1.2)")
        with pytest.raises(RefusedError, match="a transaction is open"):
            switchover(healthy, "payments")
    assert leader(healthy) == before
    assert paused_proxies(healthy) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_pools_resume_when_the_switchover_dies_or_hangs(healthy: Context, how: signal.Signals) -> None:
    command = [sys.executable, "-c", HOLD, healthy.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "paused\n"
        assert len(paused_proxies(healthy)) == 2
        child.send_signal(how)
        wait_until(lambda: not paused_proxies(healthy), 15)
        child.kill()
    with connect(healthy, "app") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("after_s", [0.0, pytest.param(0.6, marks=pytest.mark.full)])
def test_a_switchover_killed_in_mid_hand_over_ends_in_a_clean_state(healthy: Context, after_s: float) -> None:
    again = [SWAPCTL, "switchover", "payments", "--context", healthy.name]
    with load(healthy) as seen:
        with subprocess.Popen([*again, "--yes"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
            wait_until(lambda: bool(paused_proxies(healthy)), 30)
            time.sleep(after_s)
            child.kill()
        assert child.returncode == -signal.SIGKILL, "it had ended before it was killed"
        wait_until(lambda: not paused_proxies(healthy), 15)
        # Patroni may have heard of the switchover and begin it only now: healthy once is not the end of it
        wait_until(lambda: is_ready(again), 60)
    assert missing(healthy, seen) == set()


def is_ready(switchover: list[str]) -> bool:
    """Whether the pre-checks of a switchover let it begin."""
    done = subprocess.run([*switchover, "--dry-run"], capture_output=True, text=True, check=False)
    print(done.stderr)
    return done.returncode == 0
