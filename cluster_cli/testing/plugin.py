"""The fixture `swapskill_cluster` for projects that test against a real cluster.

Use: `pytest -p cluster_cli.testing.plugin`, or the installed entry point `pytest11`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from app_core.errors import RefusedError, TimedOutError
from cluster_cli.environment import variables
from cluster_cli.ephemeral import ephemeral_cluster
from cluster_cli.status import read_cluster
from cluster_cli.targets import resolve
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Kill
from infra.topology import load_topology

HEAL_TIMEOUT_S = 90.0


@dataclass
class Cluster:
    """A running cluster under test. `env`: its URIs, as `swapctl env` prints them."""

    context: Context
    env: dict[str, str]
    failed: list[str] = field(default_factory=list[str])

    def fail(self, target: str) -> str:
        """Kill a member, named or by role (`payments-primary`, `exchange-1-secondary`); its name."""
        member = resolve(self.context, target)
        platform = self.context.platform
        if not isinstance(platform, Kill):
            raise RefusedError("this platform cannot kill a member", on=self.context.platform_name)
        platform.kill(member)
        self.failed.append(member)
        return member

    def heal(self, timeout: float = HEAL_TIMEOUT_S) -> None:
        """Start what was failed and wait for full health; TimedOutError after `timeout` seconds."""
        while self.failed:
            self.context.platform.start(self.failed[-1])
            self.failed.pop()  # not before: the next heal must know of one that did not start
        if not wait_until(lambda: read_cluster(self.context).healthy, timeout):
            raise TimedOutError(
                "the cluster did not heal", on=self.context.name, why=read_cluster(self.context).verdict
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --swapskill-topology."""
    parser.addoption(
        "--swapskill-topology", default="minimal", help="topology of the swapskill_cluster fixture"
    )


@pytest.fixture(scope="session")
def swapskill_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """One cluster a test run: fresh, ended and forgotten after the last test."""
    topology = load_topology(str(request.config.getoption("--swapskill-topology")))
    with ephemeral_cluster(topology) as ctx:
        yield Cluster(ctx, variables(ctx))
