"""Each kind of difference on the payments side: what must be found, and when nothing is."""

import contextlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_core.errors import RefusedError
from app_core.schema import registry
from app_core.schema.migrations import parse_migration
from app_core.schema.model import Kept, Retention, Table
from app_core.schema.tabular import ForeignKey, Partitioning
from cluster_cli.bootstrap.roles import ROLES
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.schema import catalogue, checks, patience, payments
from cluster_cli.schema.apply import check
from cluster_cli.schema.catalogue import as_text, parted, wanted_catalogue
from cluster_cli.schema.checks.payments_catalogue import drop_statement, short
from cluster_cli.schema.checks.payments_invalid_indexes import concurrently
from cluster_cli.schema.differences import droppable, to_apply, unknown_names
from cluster_cli.schema.partitioned_indexes import build_statements, part_name
from cluster_cli.schema.partitions import Month, ended, missing_months, month_of, months_left, partition_name
from cluster_cli.schema.payments_facts import InvalidIndex, Partition, PaymentsFacts

ONE = parse_migration("0001_one.sql", "-- migrate:up\nCREATE TABLE account (id int);\n")
TWO = parse_migration("0002_two.sql", "-- migrate:up\nCREATE TABLE b (id int);\n")
CATALOGUE = {
    ("table", "account"): "table",
    ("column", "account.id"): "uuid NOT NULL",
    ("column", "account.balance"): "bigint NOT NULL DEFAULT 0",
    ("constraint", "account.account_pkey"): "PRIMARY KEY (id)",
    ("index", "account_user_id"): "CREATE INDEX account_user_id ON public.account USING btree (user_id)",
    ("table", "ledger"): "partitioned by RANGE (at)",
    ("function", "check_it()"): "CREATE OR REPLACE FUNCTION …",
    ("grant", "account to app"): "SELECT",
}
LEDGER = Table(
    "ledger",
    ("id", "at"),
    "sync",
    partitioning=Partitioning("at", ahead=2),
    retention=Retention("at", 60, "why", how="partition"),
)
MONTHS = ("ledger_2026_11", "ledger_2026_12", "ledger_2027_01")
WHOLE = PaymentsFacts(
    migrations=(ONE, TWO),
    tables=(LEDGER,),
    wanted=CATALOGUE,
    applied={"0001": ONE.checksum, "0002": TWO.checksum},
    live=CATALOGUE,
    invalid=(),
    partitions=tuple(Partition("ledger", name, True, False, 0) for name in MONTHS),
    sizes={"account": 50_000_000},
    today=date(2026, 11, 26),
    database="payments",
)
HALF = InvalidIndex("account_user_id", "account", 40_000_000, "", False, False)


def found(**changes):
    return checks.differences("payments", replace(WHOLE, **changes))


def without(*keys):
    return {key: text for key, text in CATALOGUE.items() if key not in keys}


def statements(differences):
    return [statement.as_string(None) for d in differences for _, statement in d.commands]


def test_nothing_differs_in_a_whole_database():
    assert found() == []


def test_a_waiting_migration_is_named_and_what_it_would_make_is_not():
    live = without(("table", "account"))
    (one,) = found(applied={"0001": ONE.checksum}, live=live)
    assert (one.object, one.act) == ("migration 0002_two", "apply")


EDITED = {"0001": ONE.checksum, "0002": "another"}
NEWER = {**WHOLE.applied, "0009": "x"}


@pytest.mark.parametrize(
    ("applied", "name", "words"),
    [(EDITED, "migration 0002_two", "was edited"), (NEWER, "migration 0009", "not in this checkout")],
    ids=["edited", "of a newer release"],
)
def test_another_history_is_a_difference_and_keeps_apply_from_beginning(applied, name, words):
    (one,) = found(applied=applied)
    assert (one.kind, one.object, one.act) == ("history", name, "person")
    assert words in one.detail and one.cure
    with pytest.raises(RefusedError, match=words) as raised:
        check([one], frozenset())
    assert raised.value.exit_code == 6
    facts, server = replace(WHOLE, applied=applied), Busy(0)
    with pytest.raises(RefusedError, match=words):
        payments.cure(cast("Any", server), facts, frozenset(), StepLog())
    assert server.got == []


def test_a_waiting_migration_that_could_not_be_run_again_keeps_apply_from_beginning():
    outside = parse_migration("0003_x.sql", "-- migrate:up transaction:false\nUPDATE account SET id = 1;\n")
    (one,) = found(migrations=(ONE, TWO, outside))
    assert (one.kind, one.object, one.blocks) == ("pending-migration", "migration 0003_x", True)
    assert "cannot be run twice" in one.detail


DROPS = parse_migration("0003_gone.sql", "-- migrate:up\nALTER TABLE account DROP COLUMN balance;\n")


def test_a_migration_that_takes_data_away_must_be_named():
    (one,) = found(migrations=(ONE, TWO, DROPS), filled=frozenset({"account"}))
    assert (one.act, one.name, one.detail) == (
        "drop",
        "migration 0003_gone",
        "it has not been applied; it takes data from account",
    )
    with pytest.raises(RefusedError, match="takes data from account") as raised:
        check([one], frozenset())
    assert raised.value.hint == "swapctl schema apply --allow-drop 'migration 0003_gone'"
    check([one], frozenset({one.name}))
    assert to_apply([one], frozenset({one.name})) == [one]


def test_where_no_data_are_it_needs_no_name():
    (one,) = found(migrations=(ONE, TWO, DROPS), filled=frozenset({"b"}))
    assert (one.act, one.name, one.blocks) == ("apply", "", False)
    everything = found(migrations=(ONE, TWO, DROPS), applied={}, live={}, partitions=(), sizes={})
    assert [d.act for d in everything] == ["apply"] * 3


def test_a_migration_that_takes_from_tables_it_does_not_name_must_be_named_where_any_has_rows():
    wide = parse_migration("0003_wide.sql", "-- migrate:up\nDROP OWNED BY app;\n")
    assert [d.act for d in found(migrations=(ONE, TWO, wide))] == ["apply"]
    assert [d.act for d in found(migrations=(ONE, TWO, wide), filled=frozenset({"b"}))] == ["drop"]


def test_a_migration_that_writes_a_table_again_says_so_with_size_and_estimate():
    types = parse_migration("0003_wide.sql", "-- migrate:up\nALTER TABLE account ALTER balance TYPE int;\n")
    (one,) = found(migrations=(ONE, TWO, types))
    assert (one.act, one.work, one.size_bytes, one.estimate_seconds) == ("apply", "rewrite", 50_000_000, 5.0)
    assert one.detail.endswith("it may write again all of account")
    (other,) = found(migrations=(ONE, TWO, types), sizes={})
    assert (other.work, other.size_bytes, other.estimate_seconds) == ("", None, None)


EXTRA = [
    ("column", "account.odd"),
    ("constraint", "account.odd_check"),
    ("index", "odd_index"),
    ("trigger", "account.odd_trigger"),
    ("table", "odd"),
]


@pytest.mark.parametrize("key", EXTRA, ids=[kind for kind, _ in EXTRA])
def test_what_no_migration_makes_stays_until_it_is_named(key):
    name = " ".join(key)
    differences = found(live={**CATALOGUE, key: "CREATE INDEX odd_index ON public.account USING btree (id)"})
    assert [(d.kind, d.act) for d in differences] == [(f"extra-{key[0]}", "drop")]
    assert f"--allow-drop '{name}'" in differences[0].cure
    assert to_apply(differences, frozenset()) == []
    assert droppable(differences) == [name]
    assert unknown_names(differences, frozenset({name, "other"})) == ["other"]
    assert "odd" in statements(to_apply(differences, frozenset({name})))[0]


def test_of_two_kinds_of_one_name_only_the_named_one_is_dropped():
    extra = {("column", "account.audit"): "text", ("trigger", "account.audit"): "CREATE TRIGGER audit …"}
    dropped = to_apply(found(live={**CATALOGUE, **extra}), frozenset({"trigger account.audit"}))
    assert statements(dropped) == ['DROP TRIGGER "audit" ON "account"']


def test_the_parts_of_an_extra_table_need_no_line_of_their_own():
    live = {
        **CATALOGUE,
        ("table", "odd"): "table",
        ("column", "odd.id"): "uuid",
        ("grant", "odd to app"): "ALL",
        ("index", "odd_at"): "CREATE INDEX odd_at ON ONLY public.odd USING btree (at)",
        ("index", "odd_id"): "CREATE INDEX odd_id ON public.odd USING btree (id)",
    }
    assert [d.object for d in found(live=live)] == ["table odd"]


def test_a_missing_index_is_built_online():
    (one,) = found(live=without(("index", "account_user_id")))
    assert (one.kind, one.act, one.work, one.size_bytes) == ("missing-index", "apply", "build", 50_000_000)
    assert statements([one])[0].startswith("CREATE INDEX CONCURRENTLY IF NOT EXISTS account_user_id ON ")


@pytest.mark.parametrize(
    "key",
    [("column", "account.balance"), ("constraint", "account.account_pkey"), ("grant", "account to app")],
)
def test_what_else_is_missing_needs_a_migration(key):
    (one,) = found(live=without(key))
    assert (one.kind, one.act) == (f"missing-{key[0]}", "person")


def test_another_type_is_a_rewrite_with_size_and_estimate():
    (one,) = found(live={**CATALOGUE, ("column", "account.id"): "text NOT NULL"})
    assert (one.kind, one.work, one.size_bytes, one.estimate_seconds) == (
        "column-differs",
        "rewrite",
        50_000_000,
        5.0,
    )


def test_another_default_is_no_rewrite():
    (one,) = found(live={**CATALOGUE, ("column", "account.balance"): "bigint NOT NULL DEFAULT 1"})
    assert (one.work, one.estimate_seconds) == ("", None)


IN_PARTS = (
    ("index", "ledger_at"),
    "CREATE INDEX ledger_at ON ONLY public.ledger USING btree (at) WHERE (x = 1)",
)
WITH_PARTS = {**CATALOGUE, IN_PARTS[0]: IN_PARTS[1]}


def test_a_missing_index_of_a_partitioned_table_is_built_on_each_partition_and_joined():
    (one,) = found(wanted=WITH_PARTS, sizes={"ledger": 50_000_000})
    built, joined, attached = statements([one])[:3], statements([one])[3], statements([one])[4:]
    assert (one.kind, one.act, one.size_bytes) == ("missing-index", "apply", 50_000_000)
    assert built[0] == (
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "ledger_at_2026_11" ON public."ledger_2026_11"'
        " USING btree (at) WHERE (x = 1)"
    )
    assert (
        joined
        == 'CREATE INDEX IF NOT EXISTS "ledger_at" ON ONLY public."ledger" USING btree (at) WHERE (x = 1)'
    )
    assert attached[-1] == 'ALTER INDEX public."ledger_at" ATTACH PARTITION public."ledger_at_2027_01"'
    assert [patience.online(text) for text in statements([one])] == [True] * 3 + [False] * 4


def test_of_an_index_that_was_interrupted_only_the_parts_that_lack_are_built():
    live = {**WITH_PARTS, IN_PARTS[0]: f"{IN_PARTS[1]} (invalid)"}
    (one,) = found(wanted=WITH_PARTS, live=live, indexed={"ledger_at": frozenset(MONTHS[:2])})
    build, join, attach = statements([one])
    assert (one.act, one.detail.partition(";")[0]) == ("apply", "partitions lack it")
    assert "2027_01" in build and "ON ONLY" in join and "2027_01" in attach


def test_detached_months_get_no_part_of_an_index():
    old = (*WHOLE.partitions, Partition("ledger", "ledger_2020_01", False, False, 0))
    (one,) = found(wanted=WITH_PARTS, partitions=old)
    assert not [text for text in statements([one]) if "2020_01" in text]


def test_an_extra_index_of_a_partitioned_table_is_dropped_as_a_whole():
    assert statements(found(live=WITH_PARTS)) == ['DROP INDEX "ledger_at"']


def test_a_part_of_an_index_keeps_its_month_when_the_name_is_long():
    assert part_name("x" * 63, "t", "t_2026_11") == "x" * 55 + "_2026_11"
    with pytest.raises(ValueError, match="partitioned"):
        build_statements(CATALOGUE["index", "account_user_id"], MONTHS, ())


def test_a_half_built_index_is_dropped_and_built_again():
    broken = {**CATALOGUE, ("index", "account_user_id"): "… (invalid)"}
    (one,) = found(live=broken, invalid=(HALF,))
    drop, build = statements([one])
    assert drop.startswith("DROP INDEX CONCURRENTLY IF EXISTS")
    assert build.startswith("CREATE INDEX CONCURRENTLY")


def test_a_half_built_index_that_nobody_wants_is_only_dropped():
    (one,) = found(invalid=(replace(HALF, name="stray"),))
    assert len(statements([one])) == 1


def test_an_index_under_construction_is_left_to_its_builder():
    assert found(invalid=(replace(HALF, building=True),)) == []


def test_a_missing_month_is_made_beside_the_table_and_attached():
    (one,) = found(partitions=WHOLE.partitions[:-1])
    assert one.object == "partition ledger_2027_01"
    (text,) = statements([one])
    assert "ATTACH PARTITION" in text
    assert "'2027-01-01 00:00:00+00'" in text
    assert "'2027-02-01 00:00:00+00'" in text


def test_it_says_when_rows_will_be_refused_once_fewer_than_two_months_are_left():
    some = found(partitions=WHOLE.partitions[:-1])
    assert some[0].detail == ("it is not there; months ahead: 1, rows from 2027-01-01 on will be refused")
    longer = replace(LEDGER, partitioning=Partitioning("at", ahead=3))
    (one,) = found(tables=(longer,))
    assert (one.object, one.detail) == ("partition ledger_2027_02", "it is not there")


def test_whom_an_attaching_holds_up_is_told():
    (one,) = found(partitions=WHOLE.partitions[:-1])
    assert "readers and writers go on" in one.cure
    keys = (ForeignKey(("account_id",), "account", ("id",)),)
    (one,) = found(partitions=WHOLE.partitions[:-1], tables=(replace(LEDGER, foreign_keys=keys),))
    assert "writers of account wait for it" in one.cure


def test_a_detached_month_that_is_wanted_is_attached_again():
    *others, last = WHOLE.partitions
    (one,) = found(partitions=(*others, replace(last, attached=False, size_bytes=100_000_000)))
    assert (one.kind, one.object, one.act) == ("unattached-partition", "partition ledger_2027_01", "apply")
    assert "rows from 2027-01-01 on will be refused" in one.detail
    assert (one.work, one.size_bytes, one.estimate_seconds) == ("scan", 100_000_000, 2.0)


def test_the_rows_of_a_month_are_read_before_it_is_attached_not_meanwhile():
    *others, last = WHOLE.partitions
    add, validate, attach = statements(found(partitions=(*others, replace(last, attached=False))))
    assert add == (
        'ALTER TABLE "ledger_2027_01" DROP CONSTRAINT IF EXISTS "within_its_month",'
        ' ADD CONSTRAINT "within_its_month" CHECK ("at" IS NOT NULL AND "at" >= \'2027-01-01 00:00:00+00\''
        " AND \"at\" < '2027-02-01 00:00:00+00') NOT VALID"
    )
    assert validate == 'ALTER TABLE "ledger_2027_01" VALIDATE CONSTRAINT "within_its_month"'
    assert attach == (
        'ALTER TABLE "ledger" ATTACH PARTITION "ledger_2027_01" FOR VALUES FROM'
        " ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');"
        ' ALTER TABLE "ledger_2027_01" DROP CONSTRAINT "within_its_month",'
        ' DROP CONSTRAINT IF EXISTS "ledger_2027_01_at_check"'
    )


def test_a_wanted_month_whose_detaching_was_interrupted_is_detached_and_attached_in_this_order():
    *others, last = WHOLE.partitions
    differences = found(partitions=(*others, replace(last, attached=False, pending=True)))
    texts = statements(differences)
    assert ("FINALIZE" in texts[0], "ATTACH" in texts[-1], len(texts)) == (True, True, 4)
    assert {payments._STEPS[d.kind] for d in differences} == {"partitions"}


class Busy:
    """A connection whose tables are locked for so many tries."""

    broken = False

    def __init__(self, tries):
        self.tries, self.got = tries, []

    def transaction(self):
        return contextlib.nullcontext()

    def execute(self, statement):
        self.got.append(statement if isinstance(statement, str) else statement.as_string(None))
        if statement == "ATTACH":
            self.tries -= 1
            if self.tries >= 0:
                raise psycopg.errors.LockNotAvailable
        return self

    def fetchone(self):
        return ("5s",)


def test_an_attaching_waits_half_a_second_at_a_time_and_comes_again(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_S", 0)
    busy: Any = Busy(2)
    never: Any = Busy(99)
    patience.briefly(busy, "ATTACH")
    assert busy.got == ["SET LOCAL lock_timeout = 500", "ATTACH"] * 3
    with pytest.raises(psycopg.errors.LockNotAvailable):
        patience.briefly(never, "ATTACH")


def test_what_locks_a_table_is_tried_briefly_and_what_works_online_is_not(monkeypatch):
    tried = []
    monkeypatch.setattr(patience, "briefly", lambda _, statement: tried.append(statement))
    other: Any = Busy(0)
    payments._run(other, found(partitions=WHOLE.partitions[:-1], live=without(("index", "account_user_id"))))
    assert [patience.online(statement) for statement in tried] == [False]
    assert [text for text in other.got if patience.online(text)] == other.got[2:3]


def test_an_interrupted_detaching_is_finished():
    pending = (*WHOLE.partitions, Partition("ledger", "ledger_2026_01", False, True, 0))
    (one,) = found(partitions=pending)
    assert statements([one]) == ['ALTER TABLE "ledger" DETACH PARTITION "ledger_2026_01" FINALIZE']


def test_months():
    assert month_of(date(2026, 12, 31)).plus(1) == Month(2027, 1)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert partition_name("ledger", Month(2026, 3)) == "ledger_2026_03"
    assert missing_months(LEDGER, [], date(2026, 11, 1)) == [Month(2026, 11), Month(2026, 12), Month(2027, 1)]
    assert [months_left(LEDGER, MONTHS[:n], date(2026, 11, 1)) for n in range(4)] == [0, 0, 1, 2]
    assert missing_months(replace(LEDGER, partitioning=None), [], date(2026, 11, 1)) == []


def test_months_end_when_they_lie_wholly_before_those_that_are_kept():
    present = ["ledger_2026_08", "ledger_2026_09", "ledger_2026_10", "ledger_2026_11"]
    assert ended(LEDGER, present, date(2026, 11, 1)) == ["ledger_2026_08"]
    assert ended(replace(LEDGER, retention=Kept("always")), present, date(2026, 11, 1)) == []


DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@given(today=DAYS, days=st.one_of(st.integers(1, 4000), st.floats(0.5, 4000)))
def test_a_month_ends_when_its_last_row_is_as_old_as_the_registry_says_and_not_a_month_later(today, days):
    table = replace(LEDGER, retention=Retention("at", days, "why", how="partition"))
    now = datetime.combine(today, time())
    months = [month_of(today).plus(-n) for n in range(140)]
    over = set(ended(table, [partition_name("ledger", m) for m in months], today))
    for month in months:
        youngest = now - datetime.combine(month.plus(1).first_day(), time())  # of rows at its end
        gone = partition_name("ledger", month) in over
        assert youngest >= timedelta(days=days) if gone else youngest < timedelta(days=days + 1)


def test_helpers():
    assert drop_statement(("function", "f()")) is None
    assert short("a\n  b") == "a b"
    assert short("x" * 200).endswith("…")
    assert list(parted({("table", "a"): "x"}, {("table", "b"): "y"})) == [
        (("table", "a"), "x", None),
        (("table", "b"), None, "y"),
    ]
    with pytest.raises(ValueError, match="no index"):
        concurrently("CREATE TABLE a ()")


def test_the_committed_catalogue_reads_back_and_has_every_table_of_the_registry():
    wanted = wanted_catalogue()
    assert '"table"' in as_text(wanted)
    assert {name for kind, name in wanted if kind == "table"} == {t.name for t in registry.tables()}


def test_the_roles_of_the_catalogue_are_those_that_the_bootstrap_makes():
    wanted = {name: text for (kind, name), text in wanted_catalogue().items() if kind == "role"}
    assert wanted == {role.name: role.attributes for role in ROLES}
    query = Path(catalogue.__file__).with_suffix(".sql").read_text("utf-8")
    assert "rolname IN ({})".format(", ".join(f"'{name}'" for name in sorted(wanted))) in query


ROLE = {("role", "app"): "LOGIN"}


@pytest.mark.parametrize(
    ("live", "kind"),
    [({("role", "app"): "LOGIN SUPERUSER"}, "role-differs"), ({}, "missing-role")],
    ids=["superuser", "gone"],
)
def test_a_role_that_is_not_what_the_bootstrap_made_is_told(live, kind):
    assert found(wanted={**CATALOGUE, **ROLE}, live={**CATALOGUE, **ROLE}) == []
    (one,) = found(wanted={**CATALOGUE, **ROLE}, live={**CATALOGUE, **live})
    assert (one.kind, one.object, one.act) == (kind, "role app", "person")
    assert "ALTER ROLE" in one.cure


def test_statistics_of_statements_that_nobody_keeps_are_told_and_made():
    (one,) = found(lacks_statistics=True)
    assert (one.kind, one.act) == ("missing-statistics", "apply")
    (text,) = statements([one])
    assert "CREATE EXTENSION IF NOT EXISTS pg_stat_statements" in text
    assert payments._STEPS[one.kind] == "statistics of statements"


UNDECLARED = {
    ("membership", "app in pg_write_all_data"): "member",
    ("setting", "role app: synchronous_commit"): "local",
    ("owner", "account"): "app",
    ("grant", "schema public to app"): "CREATE",
}


@pytest.mark.parametrize("key", UNDECLARED, ids=[kind for kind, _ in UNDECLARED])
def test_what_changes_every_sessions_promise_is_told_with_its_value(key):
    (one,) = found(live={**CATALOGUE, key: UNDECLARED[key]})
    assert (one.kind, one.act) == (f"extra-{key[0]}", "person")
    assert one.detail == f"no migration makes it: {UNDECLARED[key]}"


@pytest.mark.parametrize("key", [("policy", "account.odd"), ("rule", "account.odd")], ids=["policy", "rule"])
def test_policies_and_rules_are_dropped_by_name(key):
    (one,) = to_apply(found(live={**CATALOGUE, key: "…"}), frozenset({" ".join(key)}))
    assert statements([one]) == [f'DROP {key[0].upper()} "odd" ON "account"']
