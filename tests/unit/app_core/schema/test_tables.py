"""The registry's tables say what the migrations make."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import app_core.schema
from app_core.schema import registry
from app_core.schema.model import Retention, Table

TABLES = registry.tables()
SQL = "\n".join(migration.up for migration in registry.migrations())
CATALOGUE = json.loads((Path(app_core.schema.__file__).parent / "catalogue.json").read_text("utf-8"))


def of(kind: str, table: Table) -> dict[str, str]:
    """The catalogue's entries of one kind that belong to a table, by their own name."""
    prefix = f"{table.name}."
    return {k.removeprefix(prefix): v for k, v in CATALOGUE.get(kind, {}).items() if k.startswith(prefix)}


def test_every_table_of_the_database_is_in_the_registry() -> None:
    assert set(CATALOGUE["table"]) == {entry.name for entry in TABLES}


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_columns(entry: Table) -> None:
    wanted = {
        c.name: c.type
        + ("" if c.nullable else " NOT NULL")
        + (f" DEFAULT {c.default}" if c.default else "")
        + (" IDENTITY a" if c.numbered else "")
        for c in entry.columns
    }
    assert wanted == of("column", entry)


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_keys(entry: Table) -> None:
    constraints = of("constraint", entry).values()
    assert f"PRIMARY KEY ({', '.join(entry.key)})" in constraints
    foreign = {
        f"FOREIGN KEY ({', '.join(k.columns)}) REFERENCES {k.target}({', '.join(k.target_columns)})"
        for k in entry.foreign_keys
    }
    assert foreign == {text for text in constraints if text.startswith("FOREIGN KEY")}


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_indexes(entry: Table) -> None:
    live = {name: text for name, text in CATALOGUE["index"].items() if f"public.{entry.name} USING" in text}
    uniques = {k: v for k, v in of("constraint", entry).items() if v.startswith("UNIQUE")}
    assert {index.name for index in entry.indexes} == {*live, *uniques}
    for index in entry.indexes:
        text = live.get(index.name) or f"CREATE {uniques[index.name]}"
        assert f"({', '.join(index.fields)})" in text
        assert ("UNIQUE" in text) == index.unique
        assert (" WHERE " in text) == (index.partial is not None)
        assert index.serves


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_enumerations_are_checks(entry: Table) -> None:
    checks = " ".join(of("constraint", entry).values())
    for column in entry.columns:
        assert all(f"'{value}'::text" in checks for value in column.values), column.name


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_state_machines_are_rows_and_a_trigger(entry: Table) -> None:
    rows = {
        (before, after)
        for machine, before, after in re.findall(r"\('(\w+)', '(\w*)', '(\w+)'\)", SQL)
        if machine == entry.name
    }
    wanted = entry.states
    if wanted is None:
        assert rows == set()
        return
    assert rows == {*((("", state)) for state in wanted.initial), *wanted.steps}
    (column,) = (c for c in entry.columns if c.name == wanted.column)
    assert set(wanted.states) == set(column.values)
    assert "check_transition()" in of("trigger", entry)[f"{entry.name}_transition"]


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_what_is_partitioned_has_its_key_in_every_unique_one(entry: Table) -> None:
    text = CATALOGUE["table"][entry.name]
    if entry.partitioning is None:
        assert text == "table"
        return
    assert text == f"partitioned by RANGE ({entry.partitioning.column})"
    uniques = [entry.key, *(index.fields for index in entry.indexes if index.unique)]
    assert all(entry.partitioning.column in key for key in uniques)
    assert isinstance(entry.retention, Retention) and entry.retention.how == "partition"


def rights(entry: Table) -> str:
    """What the application may do with whole rows."""
    return CATALOGUE["grant"].get(f"{entry.name} to app", "")


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_the_application_cannot_rewrite_what_is_append_only(entry: Table) -> None:
    assert ("DELETE" in rights(entry) or bool(entry.changes)) <= (not entry.append_only)


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_the_application_changes_the_columns_of_the_registry_and_no_others(entry: Table) -> None:
    named = {
        name.partition(" to ")[0]: given
        for name, given in of("grant", entry).items()
        if name.endswith(" to app")
    }
    assert named == dict.fromkeys(entry.changes, "UPDATE")
    assert "UPDATE" not in rights(entry)


def test_money_and_whose_it_is_never_change() -> None:
    changed = {f"{entry.name}.{name}" for entry in TABLES for name in entry.changes}
    assert (
        changed
        & {f"{t}.{c}" for t in ("payment_intent", "invoice") for c in ("amount", "currency", "user_id")}
        == set()
    )
    assert {"payment_intent.status", "invoice.status", "account.balance"} <= changed


@pytest.mark.parametrize("name", sorted(CATALOGUE["function"]))
def test_functions_do_not_look_into_the_tables_of_a_session_first(name: str) -> None:
    assert "SET search_path TO 'public', 'pg_temp'" in CATALOGUE["function"][name]


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_a_table_is_complete(entry: Table) -> None:
    assert entry.entity and entry.says and entry.durability == "sync"
    assert entry.retention is not None and entry.retention.reason
    assert entry.erasure is not None and entry.erasure.reason
    for column in entry.columns:
        if column.references:
            assert column.references.field in registry.collection(column.references.target).primary_key


def retention_indexed(entry: Table) -> bool:
    """What `schema prune` deletes is found by an index that begins with the retention's columns."""
    ends = entry.retention
    if not isinstance(ends, Retention) or ends.how != "prune":
        return True
    wanted = (ends.only[0], ends.field) if ends.only else (ends.field,)
    return any(index.fields[: len(wanted)] == wanted for index in entry.indexes)


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_pruning_reads_an_index(entry: Table) -> None:
    assert retention_indexed(entry)


def test_a_table_that_would_be_read_whole_is_seen() -> None:
    invoice = registry.table("invoice")
    other = tuple(index for index in invoice.indexes if index.fields != ("created_at",))
    assert not retention_indexed(replace(invoice, indexes=other))


def test_money_is_an_integer_with_a_currency() -> None:
    columns: dict[str, str] = CATALOGUE["column"]
    assert not [n for n, text in columns.items() if re.match("numeric|real|double|money", text)]
    amounts = {name for name in columns if name.endswith(".amount")}
    assert len(amounts) == 4
    assert all(columns[name].startswith("bigint") for name in amounts)
    with_currency = {name.split(".")[0] for name in columns if name.endswith(".currency")}
    assert {name.split(".")[0] for name in amounts} - with_currency == {"ledger_entry"}  # its transfer's


def held(tables: tuple[Table, ...]) -> dict[tuple[str, str], str]:
    """(table, target) -> why its rows may be there when their target's retention has ended."""
    ending = {entry.name for entry in tables if isinstance(entry.retention, Retention)}
    return {
        (entry.name, key.target): key.holds
        for entry in tables
        for key in entry.foreign_keys
        if key.target in ending and not key.goes_with
    }


def test_every_row_that_may_outlive_what_it_refers_to_says_why() -> None:
    found = held(TABLES)
    assert set(found) == {
        ("invoice", "payment_intent"),
        ("invoice", "subscription"),
        ("ledger_entry", "transfer"),
    }
    assert all(found.values())


def test_a_key_without_its_reason_is_seen() -> None:
    alone = replace(
        registry.table("entitlement"),
        foreign_keys=tuple(replace(k, goes_with=False) for k in registry.table("entitlement").foreign_keys),
    )
    assert held((alone, registry.table("subscription"))) == {("entitlement", "subscription"): ""}


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.name)
def test_what_goes_with_another_row_has_no_clock_of_its_own(entry: Table) -> None:
    together = [key.target for key in entry.foreign_keys if key.goes_with]
    assert together == ([] if isinstance(entry.retention, Retention) else together[:1])
