"""Fixtures that tests of real clusters share: one sandbox a test run, started on first use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from infra.context import Context, load_context
from infra.topology import load_topology

# A shell that starts the tests in the background makes them and all that they start deaf to Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# So does nohup with a lost login: this run outlives it all the same, what it starts is as ever.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)
# A run that is told to end takes its clusters down, as an interrupted one does.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# How long an example takes is the machine's affair, not the code's.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

REAL_CLUSTERS = {"sandbox", "cluster", "deployed", "replicated", "swapskill_cluster"}
"""Fixtures that start engines: a test that uses one is no quick test, whatever its folder."""


WHOLE_STACKS = ("tests/unit/infra/aws/", "tests/unit/infra/aws_local/", "test_infra_commands.py")
"""Tests that run the Pulumi program of a whole stack: seconds of computing each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs engines or much computing, so that `make quick` leaves it out.

    The contract comes last: it takes up the sandbox that the scenarios have started.
    """
    items.sort(key=lambda item: item.nodeid.startswith("tests/contract/"))
    for item in items:
        if any(part in item.path.as_posix() for part in WHOLE_STACKS):
            item.add_marker("stacks")
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & REAL_CLUSTERS or item.nodeid.startswith("tests/scenarios/"):
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Context]:
    """A running sandbox of the reference topology; ended and forgotten after the last test.

    `SWAPCTL_TEST_SANDBOX` names one that runs already and stays, for who writes such a test.
    """
    if running := os.environ.get("SWAPCTL_TEST_SANDBOX"):
        yield load_context(running)
        return
    from cluster_cli.ephemeral import ephemeral_cluster

    with ephemeral_cluster(load_topology("sandbox")) as ctx:
        yield ctx
