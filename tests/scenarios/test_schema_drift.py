"""What somebody changes past the migrations is told, in the tables and in each of their partitions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from cluster_cli.schema import payments
from cluster_cli.schema.checks import differences
from cluster_cli.schema.partitions import month_of, partition_name
from cluster_cli.schema.scratch import scratch_database
from infra.context import Context
from tests.scenarios.payments_database import Postgres, migrated_database, owner_of

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def database(sandbox: Context) -> Iterator[str]:
    with migrated_database(sandbox) as name:
        yield name


@pytest.fixture
def live(sandbox: Context, database: str) -> Iterator[Postgres]:
    with owner_of(sandbox, database) as connection:
        yield connection


def found(connection: Postgres) -> set[tuple[str, str]]:
    return {(d.kind, d.object) for d in differences("payments", payments.read(connection))}


def words(connection: Postgres, text: str) -> str:
    """The text with this database's names: {db}, {ledger} and {outbox} (next month's partitions)."""
    today = payments.read(connection, migrations=()).today
    month = month_of(today).plus(1)
    return text.format(
        db=connection.info.dbname,
        ledger=partition_name("ledger_entry", month),
        outbox=partition_name("outbox", month),
    )


PARTITIONS = {
    "all triggers": ("{ledger}", "ALTER TABLE {ledger} DISABLE TRIGGER ALL"),
    "the double entry": ("{ledger}", "ALTER TABLE {ledger} DISABLE TRIGGER ledger_entry_double_entry"),
    "a right": ("{outbox}", "GRANT DELETE ON {outbox} TO app"),
    "a right on a column": ("{outbox}", "GRANT UPDATE (type) ON {outbox} TO app"),
    "a constraint": ("{outbox}", "ALTER TABLE {outbox} ADD CHECK (type <> 'x.y')"),
    "not null": ("{outbox}", "ALTER TABLE {outbox} ALTER published_at SET NOT NULL"),
    "an index": ("{outbox}", "CREATE INDEX odd ON {outbox} (type)"),
    "unlogged": ("{outbox}", "ALTER TABLE {outbox} SET UNLOGGED"),
    "an owner": ("{outbox}", "ALTER TABLE {outbox} OWNER TO app"),
    "a rule": ("{outbox}", "CREATE RULE odd AS ON DELETE TO {outbox} DO INSTEAD NOTHING"),
    "row security": ("{outbox}", "ALTER TABLE {outbox} ENABLE ROW LEVEL SECURITY"),
    "a default partition": ("outbox_rest", "CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT"),
    "a month with another's bounds": (
        "outbox_2025_01",
        "CREATE TABLE outbox_2025_01 PARTITION OF outbox FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
    ),
}


@pytest.mark.parametrize(("partition", "change"), PARTITIONS.values(), ids=PARTITIONS.keys())
def test_what_one_partition_has_otherwise_is_told(live: Postgres, partition: str, change: str) -> None:
    assert found(live) == set()
    with live.transaction(force_rollback=True):
        live.execute(words(live, change))  # type: ignore[arg-type] - a statement of ours
        assert found(live) == {("partition-differs", f"partition {words(live, partition)}")}


CHANGES = {
    "unlogged": ("table-differs", "table idempotency_key", "ALTER TABLE idempotency_key SET UNLOGGED"),
    "row security": ("table-differs", "table account", "ALTER TABLE account ENABLE ROW LEVEL SECURITY"),
    "a policy": ("extra-policy", "policy account.odd", "CREATE POLICY odd ON account USING (true)"),
    "a rule": (
        "extra-rule",
        "rule account.odd",
        "CREATE RULE odd AS ON DELETE TO account DO INSTEAD NOTHING",
    ),
    "a right on a function": (
        "missing-grant",
        "grant check_transition() to public",
        "REVOKE EXECUTE ON FUNCTION check_transition() FROM PUBLIC",
    ),
    "the option to grant": (
        "grant-differs",
        "grant account to app",
        "GRANT SELECT ON account TO app WITH GRANT OPTION",
    ),
    "an owner": ("extra-owner", "owner probe", "ALTER TABLE probe OWNER TO app"),
    "a function's owner": (
        "extra-owner",
        "owner check_transition()",
        "ALTER FUNCTION check_transition() OWNER TO app",
    ),
    "a collation": (
        "column-differs",
        "column probe.member",
        'ALTER TABLE probe ALTER member TYPE text COLLATE "C"',
    ),
    "a foreign key that nobody checks": (
        "constraint-differs",
        "constraint invoice.invoice_payment_intent_id_fkey",
        "ALTER TABLE invoice DISABLE TRIGGER ALL",
    ),
    "a role's setting": (
        "extra-setting",
        "setting role app: synchronous_commit",
        "ALTER ROLE app SET synchronous_commit = local",
    ),
    "a role that may do everything": ("role-differs", "role app", "ALTER ROLE app SUPERUSER"),
    "a role that sees every row": ("role-differs", "role app", "ALTER ROLE app BYPASSRLS"),
    "a role that makes others": ("role-differs", "role prober", "ALTER ROLE prober CREATEROLE"),
    "a role that ends": ("role-differs", "role app", "ALTER ROLE app VALID UNTIL '2030-01-01'"),
    "a membership": (
        "extra-membership",
        "membership app in pg_write_all_data",
        "GRANT pg_write_all_data TO app",
    ),
    "a member of a role of ours": (
        "extra-membership",
        "membership prober in app",
        "GRANT app TO prober WITH ADMIN OPTION",
    ),
    "a database's setting": (
        "extra-setting",
        "setting every role: work_mem",
        "ALTER DATABASE {db} SET work_mem = '1MB'",
    ),
    "everybody's setting": (
        "extra-setting",
        "setting every role: lock_timeout",
        "ALTER ROLE ALL SET lock_timeout = '1s'",
    ),
    "a right on the schema": (
        "extra-grant",
        "grant schema public to app",
        "GRANT CREATE ON SCHEMA public TO app",
    ),
    "temporary tables": (
        "grant-differs",
        "grant database to public",
        "GRANT TEMPORARY ON DATABASE {db} TO PUBLIC",
    ),
}


@pytest.mark.parametrize(("kind", "name", "change"), CHANGES.values(), ids=CHANGES.keys())
def test_what_a_migration_did_not_do_is_told(live: Postgres, kind: str, name: str, change: str) -> None:
    assert found(live) == set()
    with live.transaction(force_rollback=True):
        live.execute(words(live, change))  # type: ignore[arg-type] - a statement of ours
        assert (kind, name) in found(live)


def test_the_comparison_does_not_depend_on_the_sessions_settings(live: Postgres) -> None:
    live.execute("SET TimeZone = 'Asia/Tokyo'; SET search_path = pg_catalog; SET DateStyle = 'SQL, DMY'")
    assert found(live) == set()


def test_settings_of_other_databases_are_their_own(sandbox: Context, live: Postgres) -> None:
    with scratch_database(sandbox) as other, contextlib.ExitStack() as stack:
        live.execute(f"ALTER DATABASE {other} SET work_mem = '1MB'")  # type: ignore[arg-type] - a name of ours
        stack.callback(live.execute, f"ALTER DATABASE {other} RESET ALL")  # type: ignore[arg-type] - same
        assert found(live) == set()
