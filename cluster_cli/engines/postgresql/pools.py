"""The pools of all proxies together: held back and let go, with a helper that lets go if we cannot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import DictRow

from app_core.errors import RefusedError, SwapskillError
from cluster_cli.engines.postgresql import pgbouncer
from cluster_cli.engines.sockets import refuses
from infra.context import Context
from infra.sandbox import process

PAUSE_LIMIT_S = 2.0
GUARD_LIMIT_S = 10.0
SURE_S = GUARD_LIMIT_S - 2.0
"""From `Hold.began` on, no client writes for so long; later the helper may have let them go."""
Console = psycopg.Connection[DictRow]


@dataclass
class Hold:
    """How long the pools were held back."""

    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0


@contextmanager
def held(ctx: Context, proxies: tuple[str, ...]) -> Iterator[Hold]:
    """Hold back new transactions at every proxy while the body runs, and resume on every path.

    A detached helper, ready before the first PAUSE, resumes when this process is gone, or after 10 s.
    Raises RefusedError (nothing changed) when the open transactions do not end within 2 s, SwapskillError
    when a pool could not be resumed: then the helper is left to do it.
    """
    with ExitStack() as stack:
        consoles = {name: stack.enter_context(pgbouncer.console(ctx, name)) for name in proxies}
        guard = _start_guard(ctx)
        hold = Hold()
        try:
            _pause_all(ctx, consoles)
            yield hold
        finally:
            paused = resume_all(ctx, proxies)
            hold.seconds = time.monotonic() - hold.began
            if paused:
                raise SwapskillError(
                    "the pools are still paused",
                    on=", ".join(paused),
                    why="pgbouncer does not take RESUME; a helper goes on trying",
                    hint=f"swapctl restart {paused[0]}",
                )
            _dismiss(guard)


def _pause_all(ctx: Context, consoles: Mapping[str, Console]) -> None:
    """PAUSE everywhere at once. A pool whose transactions do not end in time is the caller's to resume."""
    pool = ThreadPoolExecutor(len(consoles))
    try:
        running = [pool.submit(pgbouncer.pause, console) for console in consoles.values()]
        end = time.monotonic() + PAUSE_LIMIT_S
        for future in running:
            future.result(timeout=max(0.0, end - time.monotonic()))
    except TimeoutError:
        # a RESUME over a second login makes the waiting PAUSE return, and with it the threads end
        resume_all(ctx, tuple(consoles))
        raise RefusedError(
            "not switched",
            why=f"open transactions did not end within {PAUSE_LIMIT_S:g} s; the pools go on",
            hint="SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start",
        ) from None
    except psycopg.Error as error:
        raise SwapskillError("not switched", why=f"PAUSE failed: {error}", hint="swapctl status") from error
    finally:
        pool.shutdown(wait=False)


def resume_all(ctx: Context, proxies: tuple[str, ...]) -> tuple[str, ...]:
    """RESUME at every proxy over new logins; the proxies that may still hold transactions back.

    A proxy that is gone is none of them: nobody waits at it, and it comes up resumed.
    """
    with ThreadPoolExecutor(len(proxies)) as pool:
        resumed = list(pool.map(lambda name: _resume(ctx, name), proxies))
    return tuple(name for name, done in zip(proxies, resumed, strict=True) if not done)


def _resume(ctx: Context, proxy: str) -> bool:
    endpoint = ctx.endpoint(proxy)
    for _ in range(3):
        try:
            with pgbouncer.console(ctx, proxy) as console:
                pgbouncer.resume(console)
                return True
        except psycopg.Error:
            if refuses(endpoint.address, endpoint.ports["pgbouncer"], 0.25):
                return True
            time.sleep(0.05)
    return False


def _start_guard(ctx: Context) -> subprocess.Popen[bytes]:
    """Start the helper and wait until it is able to act."""
    guard = subprocess.Popen(
        guard_command(ctx.name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert guard.stdout is not None
    if guard.stdout.readline() != b"ready\n":
        raise SwapskillError("not switched", why="the helper that resumes the pools did not start")
    return guard


def guard_command(context: str) -> tuple[str, ...]:
    """The words that start the helper for this process."""
    me = process.identify(os.getpid())
    assert me is not None
    # -P: the folder that the user stands in may be another version of this product
    program = (sys.executable, "-P", "-m", "cluster_cli.engines.postgresql.resume_guard")
    return (*program, context, str(me.pid), str(me.ticks), str(GUARD_LIMIT_S))


def _dismiss(guard: subprocess.Popen[bytes]) -> None:
    """End the helper: the pools are resumed, and a later one must not be disturbed by it."""
    guard.kill()
    guard.wait()
