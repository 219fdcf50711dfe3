"""The smallest cluster with real engines, for tests that need servers but no second member."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from cluster_cli.ephemeral import ephemeral_cluster
from infra.context import Context, load_context
from infra.topology import load_topology


@contextmanager
def minimal_cluster() -> Iterator[Context]:
    """A running sandbox of the topology `minimal`; ended and forgotten afterwards.

    `SWAPCTL_TEST_SANDBOX` names one that runs already and stays, for who writes such a test.
    """
    if running := os.environ.get("SWAPCTL_TEST_SANDBOX"):
        yield load_context(running)
        return
    with ephemeral_cluster(load_topology("minimal")) as ctx:
        yield ctx
