"""What is answered while a shard elects or a session is cut is waited for, and nothing else."""

import psycopg
import pytest
from psycopg import errors
from pymongo.errors import AutoReconnect, OperationFailure

from app_core.errors import TimedOutError
from cluster_cli.bootstrap import mongodb, postgresql

ADD_SHARD = OperationFailure("failed to run command: caused by NotWritablePrimary", 96)
NO_PRIMARY = OperationFailure("Could not find host matching read preference", 133)
CUT = errors.AdminShutdown("terminating connection due to administrator command")
WITHOUT_A_STATE = psycopg.OperationalError("server closed the connection unexpectedly")


def act(*outcomes):
    """Answers so, one after the other."""
    left = iter(outcomes)

    def answer():
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return answer


def test_a_step_is_done_again_while_a_shard_elects():
    assert mongodb.steadily(act(ADD_SHARD, NO_PRIMARY, AutoReconnect("closed"), True)) is True


def test_what_no_wait_cures_ends_it_at_once():
    with pytest.raises(OperationFailure, match="not authorized"):
        mongodb.steadily(act(OperationFailure("not authorized", 13), True))


def test_a_router_that_never_gets_ready_is_given_up_with_its_last_words(monkeypatch):
    monkeypatch.setattr(mongodb, "ROUTER_TIMEOUT_S", 0.0)
    with pytest.raises(TimedOutError, match="do not get ready: .*NotWritablePrimary"):
        mongodb.steadily(act(ADD_SHARD))


def test_the_schema_goes_on_in_a_new_session():
    postgresql.steadily(act(CUT, WITHOUT_A_STATE, None))


def test_a_refused_statement_ends_it_at_once_and_a_lost_server_after_a_while(monkeypatch):
    with pytest.raises(errors.DiskFull):
        postgresql.steadily(act(errors.DiskFull("could not extend file"), None))
    monkeypatch.setattr(postgresql, "LOST_FOR_S", 0.0)
    with pytest.raises(errors.AdminShutdown):
        postgresql.steadily(act(CUT, None))
