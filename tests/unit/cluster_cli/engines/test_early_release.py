"""When the leader's key of a switchover is released: what each side must have said before."""

import contextlib
import time
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from cluster_cli.engines.postgresql import early_release, etcd

CTX: Any = SimpleNamespace(
    endpoint=lambda member: SimpleNamespace(address="127.0.0.1", ports={"postgres": 5432})
)
KEY: Any = SimpleNamespace(lease=7)


@pytest.fixture
def play(monkeypatch):
    """An old leader that shuts down, a standby that has everything, and the key that both know."""
    state = SimpleNamespace(
        says="FATAL:  the database system is shutting down",
        listens=True,
        received=(100, False),
        lease=7,
        holder="pg1",
        deleted=[],
        looks=0,
    )

    class Standby:
        def execute(self, _):
            state.looks += 1
            return SimpleNamespace(fetchone=lambda: state.received)

        def close(self):
            pass

    def connect(ctx, *, via, **_):
        if via == "pg1" and state.says is not None:
            raise psycopg.OperationalError(f"connection failed: {state.says}")
        return contextlib.nullcontext(Standby()) if via == "pg2" else Standby()

    monkeypatch.setattr(early_release, "connect", connect)
    monkeypatch.setattr(early_release, "refuses", lambda *_: not state.listens)
    monkeypatch.setattr(early_release, "etcd_group", lambda _: "etcd")
    monkeypatch.setattr(early_release, "key", lambda _, name: name)
    monkeypatch.setattr(
        etcd, "get", lambda *_: SimpleNamespace(value=state.holder, lease=state.lease, revision=3)
    )
    monkeypatch.setattr(etcd, "delete_if_unchanged", lambda *place: state.deleted.append(place[2:]))
    return state


def release(*, refused=False, patience_s=0.05):
    early_release.release_early(
        CTX,
        "pg1",
        "pg2",
        KEY,
        100,
        lambda: refused,
        time.monotonic() + patience_s,
    )


def test_the_key_goes_while_the_old_leader_still_archives(play):
    release()
    assert play.deleted == [("leader", 3)]


def test_and_when_nobody_listens_any_more(play):
    play.listens, play.says = False, None
    release()
    assert play.deleted == [("leader", 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"says": None},  # it takes sessions
        {"says": "FATAL:  the database system is starting up"},
        {"says": "FATAL:  the database system is in recovery mode"},
        {"says": "timeout expired"},
        {"received": (99, False)},
        {"received": (None, False)},
        {"received": (100, True)},  # more may come
        {"lease": 8},  # another term of the same leader
        {"holder": "pg2"},
    ],
)
def test_otherwise_it_is_left_to_patroni(play, change):
    for name, value in change.items():
        setattr(play, name, value)
    release()
    assert play.deleted == []


def test_a_refused_request_ends_the_wait(play):
    play.received = (99, False)
    release(refused=True, patience_s=5)
    assert play.deleted == [] and play.looks == 1


def test_after_the_clients_may_write_again_nothing_is_released(play):
    release(patience_s=-1)
    assert play.deleted == []
