"""Pools are let go on every path, and it is said when they are not."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from app_core.errors import SwapskillError
from cluster_cli.engines.postgresql import pgbouncer, pools
from cluster_cli.engines.postgresql.failover import accepted
from cluster_cli.engines.sockets import refuses


class Helper:
    """Stands in for the detached process; only whether it was dismissed matters."""

    dismissed = False

    def kill(self) -> None:
        self.dismissed = True

    def wait(self) -> None:
        pass


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Helper:
    found = Helper()
    monkeypatch.setattr(pools, "_start_guard", lambda _: found)
    return found


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def cluster(port: int) -> Any:
    endpoint = SimpleNamespace(address="127.0.0.1", ports={"pgbouncer": port})
    return SimpleNamespace(endpoint=lambda _: endpoint)


def answering(monkeypatch: pytest.MonkeyPatch, logins: int) -> list[str]:
    """Let so many logins to pgbouncer's console succeed, all later ones fail; what was executed."""
    said: list[str] = []
    left = iter(range(logins))

    @contextmanager
    def console(*_: object) -> Iterator[Any]:
        if next(left, None) is None:
            raise psycopg.OperationalError("no answer")
        yield SimpleNamespace(execute=said.append)

    monkeypatch.setattr(pgbouncer, "console", console)
    return said


def test_pools_are_resumed_and_the_helper_dismissed(monkeypatch, helper, listener):
    said = answering(monkeypatch, logins=2)
    with pools.held(cluster(listener.getsockname()[1]), ("proxy-a",)):
        assert said == ["PAUSE payments"]
    assert said == ["PAUSE payments", "RESUME payments"]
    assert helper.dismissed


def test_a_pool_that_stays_paused_is_named_and_left_to_the_helper(monkeypatch, helper, listener):
    answering(monkeypatch, logins=1)
    with (
        pytest.raises(SwapskillError, match=r"still paused.*proxy-a|proxy-a.*still paused") as raised,
        pools.held(cluster(listener.getsockname()[1]), ("proxy-a",)),
    ):
        pass
    assert raised.value.hint == "swapctl restart proxy-a"
    assert not helper.dismissed


def test_a_proxy_that_is_gone_holds_nobody_back(monkeypatch, helper, listener):
    answering(monkeypatch, logins=1)
    port = listener.getsockname()[1]
    with pools.held(cluster(port), ("proxy-a",)):
        listener.close()
    assert helper.dismissed


def test_a_silent_port_is_no_refusal(listener):
    port = listener.getsockname()[1]
    assert refuses("127.0.0.1", port, 0.2) is False
    listener.close()
    assert refuses("127.0.0.1", port, 0.2) is True


@pytest.mark.parametrize(
    ("status", "body", "goes_on"),
    [
        (200, 'Successfully failed over to "pgsync1"', True),
        (503, "Failover status unknown", True),  # a frozen leader's lease outlasts Patroni's patience
        (503, "Failover failed", False),
        (412, "candidate name does not match with sync_standby", False),
    ],
)
def test_what_patroni_took_on(status, body, goes_on):
    assert accepted(status, body) is goes_on


def test_the_helper_is_not_the_code_of_the_folder_that_the_user_stands_in(tmp_path: Path) -> None:
    other = tmp_path / "cluster_cli" / "engines" / "postgresql"
    other.mkdir(parents=True)
    (other / "resume_guard.py").write_text("print('another version')")
    call = pools.guard_command("no-such-context")
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "another version" not in done.stdout
    assert "no-such-context" in done.stderr
