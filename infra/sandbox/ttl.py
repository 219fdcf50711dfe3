"""A time to live: a detached process that ends and forgets the sandbox when its time is over."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError
from infra.sandbox import orphans, process, state
from infra.sandbox.down import down
from infra.sandbox.home import TTL, SandboxPaths, paths
from infra.sandbox.spec import ProcessSpec
from infra.utc import rfc3339

_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 30.0
_OWNER_POLL_S = 30.0


def arm(where: SandboxPaths, current: state.SandboxState, seconds: float) -> state.SandboxState:
    """Start the process that ends the sandbox `seconds` from now; the state that says so, yet to be written.

    The caller holds the sandbox's lock: a `down` beside it would end this process, or miss it.
    """
    _disarm(where)
    _spawn(where, seconds)
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return replace(current, ttl_until=rfc3339(until))


def _disarm(where: SandboxPaths) -> None:
    old = process.load(where.record(TTL, TTL))
    if old is not None and old.alive:
        process.send([old.pid], signal.SIGKILL)


def _spawn(where: SandboxPaths, seconds: float) -> None:
    spec = ProcessSpec(
        TTL,
        (sys.executable, "-m", "infra.sandbox.ttl", where.root.name, str(seconds)),
        where.root / "ttl.log",
        env={"SWAPCTL_HOME": str(where.root.parent.parent)},
    )
    popen = process.spawn(spec, Path("/"), process.marks_of(where.root, TTL), None)
    identity = process.identify(popen.pid)
    if identity is not None:
        process.save(where.record(TTL, TTL), identity)


def main(name: str, seconds: float) -> None:
    """Sleep, then `down --purge --force`. Monotonic time: a stepped clock must not end a sandbox.

    One that was made for a process (`swapctl run`) lives at least as long as that, which ends it itself.

    One that another command works on at that moment ends when that command has. Whatever else is in the
    way is tried again, ever more slowly: nobody but this process would end the sandbox.
    """
    time.sleep(seconds)
    while orphans.is_owned(paths(name)):
        time.sleep(_OWNER_POLL_S)
    pause = _FIRST_RETRY_S
    while not _ended(name):
        time.sleep(pause)
        pause = min(2 * pause, _LAST_RETRY_S)


def _ended(name: str) -> bool:
    try:
        down(name, purge=True, force=True)
    except RefusedError:
        return False
    except (SwapskillError, OSError) as error:
        print(f"{state.now()} not ended yet: {error}", flush=True)  # into ttl.log
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
