"""What `run` and the fixture refuse before a cluster is started for it."""

import pytest

from app_core.errors import UsageError
from cluster_cli import ephemeral
from infra.topology import load_topology


@pytest.mark.parametrize("command", ["no-such-program", "/no/such/program", "/etc/passwd"])
def test_a_command_that_cannot_be_run_starts_nothing(monkeypatch, command):
    def started(*_):
        raise AssertionError("a cluster was started")

    monkeypatch.setattr(ephemeral, "ephemeral_cluster", started)
    with pytest.raises(UsageError, match=f"cannot run the command: {command}"):
        ephemeral.run_beside_cluster([command], load_topology("minimal"))
