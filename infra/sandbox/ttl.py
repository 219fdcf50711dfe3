"""A time to live: a detached process that ends and forgets the sandbox when its time is over."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError
from infra.sandbox import process, state
from infra.sandbox.down import down
from infra.sandbox.home import paths
from infra.sandbox.spec import ProcessSpec

MEMBER = "ttl"
_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 30.0


def set_ttl(name: str, seconds: float) -> None:
    """Arm (or re-arm) the sandbox's end, `seconds` from now."""
    where = paths(name)
    current = state.read(where)
    if current is None:
        raise SwapskillError("unknown sandbox", on=name)
    old = process.load(where.record(MEMBER, MEMBER))
    if old is not None and old.alive:
        process.send([old.pid], signal.SIGKILL)
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    state.write(
        where,
        replace(
            current,
            ttl_until=until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        ),
    )
    _spawn(name, seconds)


def _spawn(name: str, seconds: float) -> None:
    where = paths(name)
    spec = ProcessSpec(
        MEMBER,
        (sys.executable, "-m", "infra.sandbox.ttl", name, str(seconds)),
        where.root / "ttl.log",
        env={"SWAPCTL_HOME": str(where.root.parent.parent)},
    )
    marks = process.marks_of(where.root, MEMBER)
    popen = process.spawn(spec, Path("/"), marks, None)
    identity = process.identify(popen.pid)
    if identity is not None:
        process.save(where.record(MEMBER, MEMBER), identity)


def main(name: str, seconds: float) -> None:
    """Sleep, then `down --purge --force`. Monotonic time: a stepped clock must not end a sandbox.

    One that another command works on at that moment ends when that command has. Whatever else is in the
    way is tried again, ever more slowly: nobody but this process would end the sandbox.
    """
    time.sleep(seconds)
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
