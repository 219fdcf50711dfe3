"""A busy host answers late: what a drill asks once is asked again, for as long as its pre-checks wait."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from app_core.errors import RefusedError, SwapskillError
from cluster_cli.drills.faults import _aim, _unprotected, postgres_switchover
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.site import Site


def site(*leaders: str | None, answers: Any = lambda: None) -> Site:
    """A site whose leader is asked for so often; `answers`: what its database says to a statement."""
    left = iter(leaders)

    @contextmanager
    def member(_: str, __: str) -> Any:
        yield SimpleNamespace(execute=lambda _: SimpleNamespace(fetchone=answers, rowcount=0))

    topology = SimpleNamespace(payments=object(), social=object())
    ctx = SimpleNamespace(topology=topology)
    made = SimpleNamespace(ctx=ctx, scope="payments", leader=lambda: next(left, leaders[-1]), member=member)
    return cast(Site, cast(Any, made))


def test_a_leader_that_answers_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _aim.leader_of(site(None, None, "pg1")) == "pg1"
    monkeypatch.setattr(_aim, "PATIENCE_S", 0.0)
    with pytest.raises(RefusedError, match="payments have no primary"):
        _aim.leader_of(site(None))


def test_a_synchronous_standby_is_asked_for_until_the_leader_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([psycopg.OperationalError("timeout expired"), None, ("pgsync1",)])

    def answers() -> Any:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert _aim.sync_standby_of(site("pg1", answers=answers)) == "pgsync1"
    monkeypatch.setattr(_aim, "PATIENCE_S", 0.0)
    with pytest.raises(RefusedError, match="no synchronous standby"):
        _aim.sync_standby_of(site("pg1"))


def test_a_shard_between_two_primaries_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([None, "exchange-1-b"])
    monkeypatch.setattr(_aim, "primary", lambda *_: next(left))
    assert _aim.shard_primary(site("pg1"), "exchange-1") == "exchange-1-b"


@pytest.mark.parametrize("refused", [0, 2])
def test_a_switchover_that_is_refused_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    asked: list[str] = []

    def switchover(_: object, scope: str) -> None:
        asked.append(scope)
        if len(asked) <= refused:
            raise RefusedError("a transaction is open")

    monkeypatch.setattr(postgres_switchover, "switchover", switchover)
    monkeypatch.setattr(postgres_switchover, "AGAIN_AFTER_S", 0.0)
    postgres_switchover.inject(site("pg1"), Target(("pg1",), {}), {})
    assert len(asked) == refused + 1
    monkeypatch.setattr(postgres_switchover, "ADMITTED_WITHIN_S", -1.0)
    monkeypatch.setattr(
        postgres_switchover, "switchover", lambda *_: (_ for _ in ()).throw(RefusedError("no"))
    )
    with pytest.raises(RefusedError):
        postgres_switchover.inject(site("pg1"), Target(("pg1",), {}), {})


def test_the_role_is_restored_on_whoever_takes_it_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    found = site(None, "pg1", None, "pgsync1")
    refused = iter([True, False, False, False])

    @contextmanager
    def member(name: str, _: str) -> Any:
        if next(refused):
            raise psycopg.errors.CannotConnectNow("the database system is starting up")
        yield SimpleNamespace(execute=lambda words: done.append(f"{name}: {words.split()[0]}"))

    monkeypatch.setattr(found, "member", member)
    _unprotected.restore(found)
    assert done == ["pgsync1: ALTER", "pgsync1: SELECT"]
    monkeypatch.setattr(_unprotected, "PRIMARY_WITHIN", 0.0)
    with pytest.raises(SwapskillError, match="no primary to restore"):
        _unprotected.restore(site(None))
