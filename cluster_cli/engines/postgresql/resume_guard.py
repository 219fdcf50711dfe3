"""The helper process of a switchover: resumes the pools when the switchover's process is gone or late.

Started before the first PAUSE, in a login of its own, so that nothing that ends the switchover ends it.
"""

from __future__ import annotations

import sys
import time

from infra.sandbox import process

_POLL_S = 0.05
_TRIES_S = 120.0
"""How long a pgbouncer that does not take RESUME is asked again."""


def must_act(owner_lives: bool, elapsed_s: float, limit_s: float) -> bool:
    """Whether it is time to resume the pools; pure."""
    return not owner_lives or elapsed_s >= limit_s


def main(context: str, pid: int, ticks: int, limit_s: float) -> None:
    """Watch the switchover's process (by pid and start time); then RESUME everywhere."""
    from cluster_cli.engines.postgresql.pools import resume_all
    from infra.context import load_context

    ctx = load_context(context)
    proxies = tuple(proxy.member for proxy in ctx.of_kind("proxy"))
    owner = process.ProcessId(pid, ticks, process.boot_id())
    started = time.monotonic()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not must_act(owner.alive, time.monotonic() - started, limit_s):
        time.sleep(_POLL_S)
    end = time.monotonic() + _TRIES_S
    while resume_all(ctx, proxies) and time.monotonic() < end:
        time.sleep(_POLL_S)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
