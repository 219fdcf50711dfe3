"""The wait for a majority: it ends with an acknowledged note, and a server that is busy is asked again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.errors import OperationFailure

from app_core.errors import TimedOutError
from cluster_cli.bootstrap import replicaset
from cluster_cli.bootstrap.replicaset import ReplicaSet
from cluster_cli.bootstrap.set_plan import SetSpec

BUSY = OperationFailure("Global lock is not available", 107, {"code": 107})
LATE = {"ok": 1.0, "writeConcernError": {"code": 64}}
DONE = {"ok": 1.0}
SPEC = SetSpec("members-1", "shard", (("members-1-a", "127.0.0.1:1"),), frozenset(), frozenset(), {})


@pytest.fixture
def answered(monkeypatch):
    """Lets a set's primary answer notes so; how many were asked."""

    def run(*answers, limit_s=60.0):
        asked: list[Any] = []

        def command(note):
            asked.append(note)
            answer = answers[min(len(asked), len(answers)) - 1]
            if isinstance(answer, Exception):
                raise answer
            return answer

        client = SimpleNamespace(admin=SimpleNamespace(command=command), close=lambda: None)
        monkeypatch.setattr(replicaset, "FORM_TIMEOUT_S", limit_s)
        monkeypatch.setattr(replicaset, "member_client", lambda *_, **__: client)
        monkeypatch.setattr(ReplicaSet, "primary", lambda _: client)
        ctx = cast(Any, SimpleNamespace(endpoint=lambda _: None))
        ReplicaSet(ctx, SPEC).majority()
        return len(asked)

    return run


@pytest.mark.parametrize("answers", [(DONE,), (LATE, DONE), (BUSY, LATE, BUSY, DONE)])
def test_it_asks_until_a_majority_has_a_note(answered, answers):
    assert answered(*answers) == len(answers)


def test_a_server_that_stays_busy_is_given_up_in_time(answered):
    with pytest.raises(TimedOutError, match="no majority: members-1"):
        answered(BUSY, limit_s=0.0)


def test_another_refusal_ends_it_at_once(answered):
    with pytest.raises(OperationFailure, match="not allowed"):
        answered(OperationFailure("not allowed", 13), DONE)
