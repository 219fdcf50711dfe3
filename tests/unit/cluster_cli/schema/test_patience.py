"""Which statements may wait for older transactions, and what becomes of a session's settings."""

import contextlib
from typing import Any

import psycopg
import pytest
from psycopg import sql

from app_core.errors import TimedOutError
from app_core.schema.migrations import parse_migration
from cluster_cli.schema import migrations, patience

ONLINE = [
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id)",
    "-- why\nCREATE UNIQUE INDEX\n    CONCURRENTLY i ON a (id)",
    "DROP INDEX CONCURRENTLY IF EXISTS i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX (VERBOSE) TABLE CONCURRENTLY a",
    b"create index concurrently i on a (id)",
    sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier("i")),
]
LOCKING = [
    "CREATE INDEX i ON a (id)",
    "DROP INDEX i",
    "ALTER TABLE a ADD COLUMN concurrently text",
    "ALTER TABLE a DETACH PARTITION b",
    "ALTER TABLE a DETACH PARTITION b CONCURRENTLY",
    "ALTER TABLE a DETACH PARTITION b FINALIZE",
    "COMMENT ON TABLE a IS 'CREATE INDEX CONCURRENTLY'",
]


class Session:
    """A connection that writes down what it gets; `lock_timeout` is what the session has."""

    broken = False

    def __init__(self, lock_timeout="5s", fails=None, turns=()):
        self.lock_timeout, self.fails, self.turns, self.got = lock_timeout, fails, list(turns), []

    def transaction(self):
        return contextlib.nullcontext()

    def execute(self, statement, _=None):
        text = patience.bare(statement)
        self.got.append(text)
        if text == self.fails:
            raise psycopg.errors.LockNotAvailable
        self.answer = self.turns.pop(0) if "try_advisory" in text else self.lock_timeout
        return self

    def fetchone(self):
        return (self.answer,)


@pytest.mark.parametrize("statement", ONLINE, ids=str)
def test_what_works_online_waits_without_a_limit_and_the_limit_comes_back(statement):
    session: Any = Session()
    patience.execute(session, statement)
    assert session.got[1:] == ["SET lock_timeout = 0", patience.bare(statement), "SET lock_timeout = '5s'"]


@pytest.mark.parametrize("statement", LOCKING)
def test_what_locks_the_table_keeps_its_limit(statement):
    session: Any = Session()
    patience.execute(session, statement)
    assert session.got == [statement]


def test_the_limit_comes_back_after_a_failure():
    session: Any = Session(fails=ONLINE[0])
    with pytest.raises(psycopg.errors.LockNotAvailable):
        patience.execute(session, ONLINE[0])
    assert session.got[-1] == "SET lock_timeout = '5s'"


def test_a_limit_that_a_file_sets_is_kept():
    session: Any = Session(lock_timeout="1min")
    patience.execute(session, ONLINE[0])
    assert session.got[1:] == [ONLINE[0]]


@pytest.mark.parametrize("option", ["", " transaction:false"])
def test_what_a_file_sets_for_its_session_ends_with_it(option):
    text = f"-- migrate:up{option}\nSET search_path = odd;\nANALYZE a;\n"
    session: Any = Session()
    migrations.run_one(session, parse_migration("0001_a.sql", text))
    *file, settled, kept = session.got
    assert "SET search_path = odd" in file[0]
    assert "RESET ALL" in settled and "SET lock_timeout = '5s'" in settled
    assert kept.startswith("INSERT INTO public.schema_migrations")


def test_a_runner_asks_for_its_turn_and_never_waits_for_it_inside_a_statement(monkeypatch):
    monkeypatch.setattr(migrations, "TURN_PAUSE_S", 0)
    session: Any = Session(turns=[False, False, True])
    with migrations.turn(session):
        assert sum("pg_try_advisory_lock" in text for text in session.got) == 3
    assert "pg_advisory_unlock" in session.got[-1]
    assert not [text for text in session.got if "pg_advisory_lock" in text]


def test_a_turn_that_never_comes_is_told(monkeypatch):
    monkeypatch.setattr(migrations, "TURN_TIMEOUT_S", 0)
    session: Any = Session(turns=[False])
    with pytest.raises(TimedOutError, match="another migration run"), migrations.turn(session):
        pytest.fail("it had no turn")
