"""Loads Patroni, waits for what it needs, and becomes it: what systemd's ordering does on a host.

Copied into the member's directory, so that it runs wherever Patroni's own interpreter may read.
Arguments: ETCD FIRST MARKER PATRONI CONFIG; ETCD and FIRST are `address:port,…`, FIRST may be empty.

- Loading takes a second of a core, so it happens while etcd starts.
- ETCD: when no etcd answers yet, Patroni sleeps for 5 s.
- FIRST: the first member's PostgreSQL. Waited for until MARKER exists, at a cluster's first start only: that
  member then takes the leader's key, and the roles of a new cluster match its members' names.
"""

from __future__ import annotations

import importlib
import os
import runpy
import socket
import sys
import time

LIMIT_S = 10.0
_POLL_S = 0.03
_HEAVY = (
    "patroni.__main__",
    "patroni.api",
    "patroni.ha",
    "patroni.dcs.etcd3",
    "patroni.postgresql",
    "psycopg",
)


def wait_for(places: str) -> None:
    """Return when one of the places accepts connections, or after the limit."""
    end = time.monotonic() + LIMIT_S
    while places and time.monotonic() < end and not any(map(_answers, places.split(","))):
        time.sleep(_POLL_S)


def _answers(place: str) -> bool:
    address, _, port = place.rpartition(":")
    try:
        socket.create_connection((address, int(port)), 0.5).close()
    except OSError:
        return False
    return True


def main() -> None:
    """Wait, then run Patroni in this process."""
    etcd, first, marker = sys.argv[1:4]
    for module in _HEAVY:
        importlib.import_module(module)
    wait_for(etcd)
    if not os.path.exists(marker):
        wait_for(first)
    sys.argv = sys.argv[4:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
