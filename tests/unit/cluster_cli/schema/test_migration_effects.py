"""Which migrations take data away or write a table again, and what only looks like it."""

from __future__ import annotations

import pytest

from app_core.schema import registry
from app_core.schema.migrations import parse_migration
from cluster_cli.schema.migration_effects import ANY, effects
from cluster_cli.schema.sql_words import executed, keywords

TAKES = {
    "DROP TABLE a": {"a"},
    'drop table if exists public.a, "B" cascade': {"a", "B"},
    "ALTER TABLE a DROP COLUMN b": {"a"},
    "ALTER TABLE IF EXISTS ONLY public.a ADD c numeric(5, 2), DROP IF EXISTS b": {"a"},
    "DELETE FROM ONLY a WHERE b": {"a"},
    "WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone": {"a"},
    "TRUNCATE a, b": {"a", "b"},
    "TRUNCATE TABLE ONLY a": {"a"},
    "DO $x$ BEGIN IF true THEN DELETE FROM a; END IF; END $x$": {"a"},
    "DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$": {"a"},
    "DROP SCHEMA old CASCADE": {ANY},
    "DROP DOMAIN code CASCADE": {ANY},
    "ALTER TABLE a RENAME TO b; CREATE TABLE a (id int); DROP TABLE b": {"a"},
    "SELECT E'it\\'s', $$'$$; DROP TABLE a": {"a"},
    "/* one /* two */ still */ DROP TABLE a": {"a"},
}
TAKES_NOTHING = [
    "-- DROP TABLE a\nSELECT 1",
    "/* /* DROP TABLE a; */ DELETE FROM a; */ SELECT 1",
    "COMMENT ON TABLE a IS 'no; DROP TABLE a'",
    "INSERT INTO a VALUES ('DELETE FROM a', 'it''s; TRUNCATE a', $q$DROP TABLE a$q$)",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM a; TRUNCATE a $$",
    "CREATE TRIGGER t BEFORE DELETE OR TRUNCATE ON a EXECUTE FUNCTION f()",
    "GRANT DELETE, TRUNCATE ON a TO app",
    "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE",
    "ALTER TABLE a DROP CONSTRAINT c, ALTER b DROP NOT NULL, ALTER COLUMN b DROP DEFAULT",
    "DROP INDEX a",
    "DROP FUNCTION f() CASCADE",
    'SELECT "drop table a; "',
    "CREATE TABLE a (id int); DROP TABLE a",
]
REWRITES = {
    "ALTER TABLE a ALTER COLUMN b TYPE bigint": {"a"},
    "ALTER TABLE a ADD c int, ALTER b SET DATA TYPE text USING b::text": {"a"},
    "UPDATE public.a SET b = 1": {"a"},
    "WITH x AS (UPDATE a SET b = 1 RETURNING *) INSERT INTO c SELECT * FROM x": {"a"},
    "ALTER TABLE a ADD COLUMN c int GENERATED ALWAYS AS (b + 1) STORED": {"a"},
    "ALTER TABLE a SET UNLOGGED": {"a"},
    "DO $$ BEGIN UPDATE a SET b = 1; END $$": {"a"},
}
REWRITES_NOTHING = [
    "ALTER TABLE a ADD COLUMN type text, ALTER COLUMN type SET NOT NULL, ALTER type DROP DEFAULT",
    "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON UPDATE CASCADE",
    "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET b = 1",
    "SELECT * FROM a FOR UPDATE; SELECT * FROM a FOR NO KEY UPDATE OF a",
    "GRANT UPDATE (b) ON a TO app",
    "REVOKE UPDATE ON a FROM app",
    "CREATE TRIGGER t AFTER INSERT OR UPDATE OF b ON a EXECUTE FUNCTION f()",
    "ALTER TABLE ONLY a ALTER COLUMN b ADD GENERATED ALWAYS AS IDENTITY",
]


def of(text):
    return effects([parse_migration("0001_one.sql", f"-- migrate:up\n{text};\n")])["0001"]


@pytest.mark.parametrize(("text", "tables"), TAKES.items(), ids=TAKES.keys())
def test_what_takes_data_away_is_seen(text, tables):
    assert of(text).takes == tables


@pytest.mark.parametrize("text", TAKES_NOTHING)
def test_what_takes_nothing_is_not(text):
    assert of(text).takes == set()


@pytest.mark.parametrize(("text", "tables"), REWRITES.items(), ids=REWRITES.keys())
def test_what_writes_a_table_again_is_seen(text, tables):
    assert of(text).rewrites == tables


@pytest.mark.parametrize("text", REWRITES_NOTHING)
def test_what_writes_nothing_again_is_not(text):
    assert of(text).rewrites == set()


def test_a_table_is_followed_from_one_file_to_the_next():
    first = parse_migration("0001_one.sql", "-- migrate:up\nALTER TABLE a RENAME TO old;\n")
    second = parse_migration("0002_two.sql", "-- migrate:up\nDROP TABLE old;\n")
    assert effects([first, second])["0002"].takes == {"a"}


def test_of_the_shipped_ones_the_fourth_drops_the_ledger_that_it_copied_the_last_numbers_the_outbox():
    shipped = registry.migrations()
    each = {m.version: effects([m])[m.version] for m in shipped}
    assert {v: e.takes for v, e in each.items() if e.takes} == {"0004": {"ledger_entry"}}
    assert {v: e.rewrites for v, e in each.items() if e.rewrites} == {"0016": {"outbox"}}
    assert not any(e.takes for e in effects(shipped).values()), "from an empty database nothing is lost"


def test_statements_end_where_they_end():
    text = "SELECT ';', $a$;$a$, \"x;y\" /* ; */; -- ;\nSELECT E'\\';', $1"
    assert [keywords(one)[0] for one in executed(text)] == ["select", "select"]
