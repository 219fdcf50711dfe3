"""The format of migration files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app_core.schema import registry
from app_core.schema.migrations import MigrationError, parse_migration, read_migrations

GOOD = "-- a comment\n-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n"


def test_parts() -> None:
    migration = parse_migration("0007_make_a.sql", GOOD)
    assert (migration.version, migration.name) == ("0007", "make_a")
    assert (migration.up, migration.down) == ("CREATE TABLE a ();", "DROP TABLE a;")
    assert migration.transaction
    assert migration.checksum == hashlib.sha256(GOOD.encode()).hexdigest()


def test_without_a_transaction() -> None:
    text = GOOD.replace("migrate:up", "migrate:up transaction:false")
    migration = parse_migration("0001_a.sql", text)
    assert not migration.transaction
    assert migration.up == "CREATE TABLE a ();"


def test_down_may_be_missing() -> None:
    assert parse_migration("0001_a.sql", "-- migrate:up\nSELECT 1;\n").down == ""


BAD = [
    ("1_a.sql", GOOD, "NNNN_words.sql"),
    ("0001-a.sql", GOOD, "NNNN_words.sql"),
    ("0001_a.sql", "SELECT 1;", "needs one"),
    ("0001_a.sql", "-- migrate:down\nSELECT 1;", "needs one"),
    ("0001_a.sql", GOOD + GOOD, "needs one"),
    ("0001_a.sql", "-- migrate:down\nSELECT 1;\n-- migrate:up\nSELECT 1;", "needs one"),
    ("0001_a.sql", "SELECT 1;\n" + GOOD, "would never run"),
    ("0001_a.sql", "-- migrate:up\n\n-- migrate:down\nSELECT 1;", "nothing to do"),
    ("0001_a.sql", GOOD.replace(":up", ":up transaction:no"), "unknown option 'transaction:no'"),
]


@pytest.mark.parametrize(("name", "text", "words"), BAD)
def test_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(MigrationError, match=words):
        parse_migration(name, text)


def test_a_version_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text(GOOD)
    assert len(read_migrations(tmp_path)) == 1
    (tmp_path / "0001_b.sql").write_text(GOOD)
    with pytest.raises(MigrationError, match="0001"):
        read_migrations(tmp_path)


def test_shipped_migrations_are_in_order_and_can_be_undone() -> None:
    versions = [migration.version for migration in registry.migrations()]
    assert versions == [f"{number:04}" for number in range(1, len(versions) + 1)]
    assert all(migration.down for migration in registry.migrations())
