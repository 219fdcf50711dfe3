"""Loads Patroni, waits for what it needs, and becomes it: what systemd's ordering does on a host.

Copied into the member's directory, so that it runs wherever Patroni's own interpreter may read.
Arguments: DATA ETCD FIRST PATRONI CONFIG; ETCD and FIRST are `address:port,…`. DATA and FIRST are empty at
every start but a cluster's first.

- Loading takes half a second of a core, so it happens while etcd starts and the data are copied.
- DATA: the data directory, which is prepared meanwhile.
- ETCD: when no etcd answers yet, Patroni sleeps for 5 s.
- FIRST: the first member's PostgreSQL: that member then takes the leader's key, and the roles of a new
  cluster match its members' names.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
from collections.abc import Callable

LIMIT_S = 60.0
_POLL_S = 0.03
_HEAVY = (
    "patroni.__main__",
    "patroni.api",
    "patroni.ha",
    "patroni.dcs.etcd3",
    "patroni.postgresql",
    "psycopg",
)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds, or after the limit."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and not condition():
        time.sleep(_POLL_S)


def wait_for(places: str) -> None:
    """Return when one of the places accepts connections, or after the limit."""
    wait_until(lambda: not places or any(map(_answers, places.split(","))))


def read_yaml_in_c() -> None:
    """Patroni reads 100 kB of YAML when it is loaded, and again in each helper that starts a postmaster."""
    yaml = importlib.import_module("yaml")
    if yaml.__with_libyaml__:
        setattr(yaml, "SafeLoader", yaml.CSafeLoader)  # noqa: B010 - a module's attribute, unknown to types


def _answers(place: str) -> bool:
    address, _, port = place.rpartition(":")
    try:
        socket.create_connection((address, int(port)), 0.5).close()
    except OSError:
        return False
    return True


def main() -> None:
    """Wait, then run Patroni in this process."""
    data, etcd, first = sys.argv[1:4]
    for module in _HEAVY:
        importlib.import_module(module)
    wait_until(lambda: not data or os.path.exists(data))
    wait_for(etcd)
    wait_for(first)
    sys.argv = sys.argv[4:]
    importlib.import_module("patroni.__main__").main()


# Outside of main: the helpers that start a postmaster import this file, too.
read_yaml_in_c()
if __name__ == "__main__":
    main()
