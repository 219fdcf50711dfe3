"""Loads Patroni, waits for what it needs, and becomes it: what systemd's ordering does on a host.

Copied into the member's directory, so that it runs wherever Patroni's own interpreter may read.
Arguments: DATA ETCD FIRST LEADS PATRONI CONFIG. ETCD is `address:port,…`, FIRST and LEADS one `address:port`.
DATA, FIRST and LEADS are empty at every start but a cluster's first.

- Loading takes half a second of a core, so it happens while etcd starts and the data are copied.
- DATA: the data directory, which is prepared meanwhile.
- ETCD: when no etcd answers yet, Patroni sleeps for 5 s.
- FIRST and LEADS: the first member's PostgreSQL, then its Patroni's word that it holds the leader's key, so
  that the roles of a new cluster match its members' names. The port alone is open before the key is taken,
  and two that both run race for it.
"""

from __future__ import annotations

import http.client
import importlib
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable
from typing import Any

LIMIT_S = 60.0
_POLL_S = 0.03
_ASK_S = 0.1
"""A question over TLS costs the asked one milliseconds of a core."""
_HEAVY = (
    "patroni.__main__",
    "patroni.api",
    "patroni.ha",
    "patroni.dcs.etcd3",
    "patroni.postgresql",
    "psycopg",
)


def wait_until(condition: Callable[[], bool], poll: float = _POLL_S) -> None:
    """Return when the condition holds, or after the limit."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and not condition():
        time.sleep(poll)


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


def wait_for_leader(place: str, config: str) -> None:
    """Return when the member whose REST API is at the place holds the leader's key, or after the limit."""
    if place:
        yaml = importlib.import_module("yaml")
        with open(config, encoding="utf-8") as file:
            ask: dict[str, Any] = yaml.safe_load(file)["ctl"]
        tls = ssl.create_default_context(cafile=ask["cacert"])
        tls.load_cert_chain(ask["certfile"], ask["keyfile"])
        wait_until(lambda: _leads(place, tls), _ASK_S)


def _leads(place: str, tls: ssl.SSLContext) -> bool:
    """200: it holds the key, of the cluster or of a standby cluster."""
    connection = http.client.HTTPSConnection(place, timeout=1, context=tls)
    try:
        connection.request("GET", "/leader")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Wait, then run Patroni in this process."""
    data, etcd, first, leads = sys.argv[1:5]
    for module in _HEAVY:
        importlib.import_module(module)
    wait_until(lambda: not data or os.path.exists(data))
    wait_for(etcd)
    wait_for(first)
    sys.argv = sys.argv[5:]
    wait_for_leader(leads, sys.argv[-1])
    importlib.import_module("patroni.__main__").main()


# Outside of main: the helpers that start a postmaster import this file, too.
read_yaml_in_c()
if __name__ == "__main__":
    main()
