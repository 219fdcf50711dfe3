"""The fixture's `heal` forgets no member that did not start."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app_core.errors import SwapskillError
from cluster_cli.testing import plugin
from cluster_cli.testing.plugin import Cluster


def test_a_member_that_does_not_start_is_started_by_the_next_heal(monkeypatch):
    started, errors = [], [SwapskillError("no space left")]

    def start(member):
        if member == "pg1" and errors:
            raise errors.pop()
        started.append(member)

    platform = SimpleNamespace(start=start)
    cluster = Cluster(cast(Any, SimpleNamespace(platform=platform)), {}, ["exchange-1-a", "pg1"])
    monkeypatch.setattr(plugin, "read_cluster", lambda _: SimpleNamespace(healthy=True))
    with pytest.raises(SwapskillError, match="no space left"):
        cluster.heal()
    cluster.heal()
    assert started == ["pg1", "exchange-1-a"] and cluster.failed == []
