"""The smallest cluster with real engines, for tests that need servers but no second member."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from infra.context import Context, load_context
from infra.sandbox.down import down
from infra.sandbox.up import up
from infra.topology import load_topology


@contextmanager
def minimal_cluster() -> Iterator[Context]:
    """A running sandbox of the topology `minimal`; ended and forgotten afterwards.

    `SWAPCTL_TEST_SANDBOX` names one that runs already and stays, for who writes such a test.
    """
    if running := os.environ.get("SWAPCTL_TEST_SANDBOX"):
        yield load_context(running)
        return
    name = f"small-{secrets.token_hex(3)}"
    up(name, load_topology("minimal"))
    try:
        yield load_context(name)
    finally:
        down(name, purge=True)
