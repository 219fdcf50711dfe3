"""Which SQL migrations are run, and which history is refused."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from psycopg import errors

from app_core.errors import RefusedError, SwapskillError
from app_core.schema import registry
from app_core.schema.migrations import parse_migration
from cluster_cli.schema.migrations import pending, run_one, statements, unrepeatable

FIRST = parse_migration("0001_first.sql", "-- migrate:up\nCREATE TABLE a (id int);\n")
SECOND = parse_migration("0002_second.sql", "-- migrate:up\nCREATE TABLE b (id int);\n")
OUTSIDE = parse_migration(
    "0003_outside.sql",
    "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id);\nANALYZE a;\n",
)


def test_a_fresh_database_gets_all_in_order():
    assert pending([SECOND, FIRST], {}) == (FIRST, SECOND)


def test_only_what_is_missing_runs():
    assert pending([FIRST, SECOND], {"0001": FIRST.checksum}) == (SECOND,)
    assert pending([FIRST], {"0001": FIRST.checksum}) == ()


def test_an_edited_migration_is_refused():
    with pytest.raises(RefusedError, match="was edited"):
        pending([FIRST], {"0001": "something else"})


def test_a_database_of_a_newer_release_is_refused():
    with pytest.raises(RefusedError, match="not in this checkout"):
        pending([FIRST], {"0001": FIRST.checksum, "0009": "x"})


def test_a_transaction_is_one_message_and_outside_of_one_each_statement_stands_alone():
    assert len(statements(FIRST)) == 1
    assert statements(OUTSIDE) == (b"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id)", b"ANALYZE a;")


@pytest.mark.parametrize("migration", registry.migrations(), ids=lambda m: m.version)
def test_registered_migrations_have_statements(migration):
    assert all(statements(migration))


def test_what_another_runner_applied_counts_without_a_checksum():
    assert pending([FIRST, SECOND], {"0001": None}) == (SECOND,)


REPEATABLE = [
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id)",
    "DROP INDEX CONCURRENTLY IF EXISTS i",
    "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int",
    "ALTER TABLE a VALIDATE CONSTRAINT c",
    "-- why\nANALYZE a",
    "ALTER TABLE IF EXISTS a ADD COLUMN IF NOT EXISTS b numeric(5, 2), DROP COLUMN IF EXISTS c",
    "ALTER TABLE a ADD COLUMN IF NOT EXISTS b text CHECK (b IN ('x, y', ')')), DROP CONSTRAINT IF EXISTS d",
    "CREATE UNIQUE INDEX\n    CONCURRENTLY IF NOT EXISTS i ON a (id)",
    "ALTER TYPE t ADD VALUE IF NOT EXISTS 'x'",
]
UNREPEATABLE = [
    "CREATE INDEX CONCURRENTLY i ON a (id)",
    "ALTER TABLE a ADD COLUMN b int",
    "INSERT INTO a VALUES (1)",
    "UPDATE account SET balance = balance * 100",
    "DELETE FROM a WHERE id IN (SELECT id FROM a LIMIT 10)",
    "ALTER TABLE IF EXISTS a ADD COLUMN b int",
    "ALTER TABLE a DROP COLUMN IF EXISTS x, ADD COLUMN y int",
    "ALTER TABLE a ADD COLUMN IF NOT EXISTS x int DEFAULT (1 + 2), ADD CHECK (x > 0)",
    "INSERT INTO a VALUES ('IF NOT EXISTS')",
    "ANALYZE a; UPDATE account SET balance = 0",
    "-- IF NOT EXISTS is missing here\nCREATE TABLE b (id int)",
]


def outside(statement):
    return parse_migration("0004_x.sql", f"-- migrate:up transaction:false\nANALYZE a;\n{statement};\n")


@pytest.mark.parametrize("statement", REPEATABLE)
def test_a_statement_that_may_run_twice_is_taken(statement):
    assert unrepeatable(outside(statement)) == []


@pytest.mark.parametrize("statement", UNREPEATABLE)
def test_a_statement_that_a_kill_would_make_run_twice_is_refused_before_anything_runs(statement):
    with pytest.raises(RefusedError, match="cannot be run twice"):
        pending([FIRST, outside(statement)], {})


def test_an_applied_migration_is_not_judged_again():
    old = outside(UNREPEATABLE[0])
    assert pending([old], {"0004": old.checksum}) == ()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (errors.UndefinedColumn("column odd does not exist"), SwapskillError),
        (errors.AdminShutdown("terminating connection"), psycopg.OperationalError),
        (psycopg.OperationalError("server closed the connection unexpectedly"), psycopg.OperationalError),
    ],
)
def test_a_server_that_is_lost_is_no_fault_of_the_migration(monkeypatch, answer, told):
    def refused(*_: object) -> None:
        raise answer

    monkeypatch.setattr("cluster_cli.schema.patience.execute", refused)
    connection = cast(Any, SimpleNamespace(transaction=nullcontext))
    with pytest.raises(told) as caught:
        run_one(connection, parse_migration("0001_a.sql", "-- migrate:up\nSELECT 1;\n"))
    assert ("correct it" in str(getattr(caught.value, "hint", ""))) is (told is SwapskillError)
