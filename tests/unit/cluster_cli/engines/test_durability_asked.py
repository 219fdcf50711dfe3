"""The durability in force, asked of a leader that moves or answers late."""

from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from cluster_cli.engines.postgresql import durability
from cluster_cli.engines.postgresql.durability import SyncFacts, sync_state
from infra.topology import load_topology

CTX = cast(Any, SimpleNamespace(topology=load_topology("sandbox")))
SYNC = SyncFacts("pgsync1", ("pgsync1",))
MOVED = psycopg.OperationalError("the database system is starting up")


@pytest.mark.parametrize(
    ("leaders", "said", "mode"),
    [
        (["pg1"], [SYNC], "sync"),
        (["pg1", "pgsync1"], [MOVED, SYNC], "sync"),
        ([None, "pg1"], [SYNC], "sync"),
        (["pg1", "pg1"], [MOVED, MOVED], "degraded"),
        ([None, None], [], "degraded"),
    ],
)
def test_one_late_answer_is_no_degradation(monkeypatch, leaders, said, mode):
    left, answers = iter(leaders), iter(said)

    def facts(_: object, __: str) -> SyncFacts:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(durability.patroni, "read_views", lambda *_: {})
    monkeypatch.setattr(durability.patroni, "leader_of", lambda _: next(left))
    monkeypatch.setattr(durability, "read_facts", facts)
    assert sync_state(CTX).mode == mode
