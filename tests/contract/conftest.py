"""The deployment that the contract is asked of, on every platform that there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Pause
from tests.scenarios.test_payments_switchover import is_healthy

INFRA = Path(__file__).parents[2] / "infra"
PLATFORMS = sorted(path.parent.name for path in INFRA.glob("*/platform.py"))
"""Found by scan: each needs a fixture of its name that yields a context of the reference topology."""
HEAL_TIMEOUT_S = 120.0


@pytest.fixture(scope="module", params=PLATFORMS)
def deployed(request: pytest.FixtureRequest) -> Iterator[Context]:
    """The reference topology on one platform: whole at a module's first test, and again after its last."""
    ctx: Context = request.getfixturevalue(request.param)
    assert ctx.platform_name == request.param
    recover(ctx)
    yield ctx
    recover(ctx)


def recover(ctx: Context) -> None:
    """Thaw and start every member, then wait for full health; AssertionError after `HEAL_TIMEOUT_S`."""
    for member in ctx.endpoints:
        if isinstance(ctx.platform, Pause):
            ctx.platform.resume(member)
        if not ctx.platform.running(member):
            ctx.platform.start(member)
    assert wait_until(lambda: is_healthy(ctx) and read_cluster(ctx).healthy, HEAL_TIMEOUT_S, 0.2)
