"""The payments database's catalogue is not what the migrations lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psycopg import sql

from app_core.schema.migrations import waiting
from cluster_cli.schema.catalogue import UNFINISHED, Catalogue, Key, parted
from cluster_cli.schema.checks.payments_invalid_indexes import concurrently
from cluster_cli.schema.cost import estimate
from cluster_cli.schema.differences import Command, Difference, Work
from cluster_cli.schema.partitioned_indexes import build_statements, of_partitioned_table
from cluster_cli.schema.payments_facts import PaymentsFacts

NAME = "catalogue"
DOMAIN = "payments"
ORDER = 30
_DROPS = {
    "table": "DROP TABLE {name}",
    "column": "ALTER TABLE {parent} DROP COLUMN {name}",
    "constraint": "ALTER TABLE {parent} DROP CONSTRAINT {name}",
    "trigger": "DROP TRIGGER {name} ON {parent}",
    "index": "DROP INDEX CONCURRENTLY {name}",
    "partitioned index": "DROP INDEX {name}",
    "view": "DROP VIEW {name}",
    "domain": "DROP DOMAIN {name}",
    "enum": "DROP TYPE {name}",
    "sequence": "DROP SEQUENCE {name}",
    "policy": "DROP POLICY {name} ON {parent}",
    "rule": "DROP RULE {name} ON {parent}",
}
_PERSON = {
    "owner": "ALTER … OWNER TO the owner of the database (of the database: to postgres)",
    "setting": "ALTER ROLE … RESET or ALTER DATABASE … RESET: it changes what every session is promised",
    "role": "ALTER ROLE … gives it the attributes again; swapctl cluster bootstrap makes one that lacks",
    "membership": "REVOKE … FROM …: rights are given by migrations alone",
    "grant": "REVOKE it, or write a new migration that grants it",
}

_TABLE_OF_INDEX = re.compile(r".*? ON (?:ONLY )?public\.(\S+) .*", re.DOTALL)


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Tables and all that belongs to them, functions, types, grants, owners, settings and roles that part.

    While migrations wait, what lacks may be theirs: then only what is there too much is told.
    """
    migrations_wait = bool(waiting(facts.migrations, facts.applied))
    half_built = {index.name for index in facts.invalid}
    for key, live, wanted in parted(facts.live, facts.wanted):
        if key[0] == "index" and key[1] in half_built:
            continue
        if _of_another_table(key, facts, extra=wanted is None):
            continue
        if wanted is None:
            yield _extra(facts, key)
        elif not migrations_wait and (live is None or _unfinished(live, wanted)):
            yield _missing(facts, key, wanted)
        elif live is not None and not migrations_wait:
            yield _differs(facts, key, live, wanted)


def _unfinished(live: str, wanted: str) -> bool:
    """Whether it is an index of a partitioned table that partitions still lack."""
    return of_partitioned_table(wanted) and live == wanted + UNFINISHED


def _of_another_table(key: Key, facts: PaymentsFacts, *, extra: bool) -> bool:
    """Whether the whole table is extra or missing: then its parts need no line of their own."""
    here, there = (facts.live, facts.wanted) if extra else (facts.wanted, facts.live)
    table = ("table", _parent(key, here))
    return key[0] != "table" and table in here and table not in there


def _parent(key: Key, catalogue: Catalogue) -> str:
    kind, name = key
    if kind == "grant":
        return name.partition(" to ")[0].partition(".")[0]
    if kind == "index":
        definition = catalogue.get(key, "")
        return _TABLE_OF_INDEX.sub(r"\1", definition)
    return name.partition(".")[0]


def _extra(facts: PaymentsFacts, key: Key) -> Difference:
    kind, name = key
    statement = drop_statement(key, facts.live[key])
    return Difference(
        f"extra-{kind}",
        "payments",
        f"{kind} {name}",
        "no migration makes it" + (f": {short(facts.live[key])}" if kind in _PERSON else ""),
        "drop" if statement is not None else "person",
        f"swapctl schema apply --allow-drop '{kind} {name}', or a new migration that makes it"
        if statement is not None
        else _PERSON.get(kind, "remove it by a new migration, or write one that makes it"),
        size_bytes=facts.sizes.get(name.partition(".")[0]) if kind in ("table", "column") else None,
        name=f"{kind} {name}" if statement is not None else "",
        commands=((facts.database, statement),) if statement is not None else (),
    )


def _missing(facts: PaymentsFacts, key: Key, wanted: str) -> Difference:
    kind, name = key
    size = facts.sizes.get(_parent(key, facts.wanted)) if kind == "index" else None
    build = _build(facts, name, wanted) if kind == "index" else ()
    online = "CREATE INDEX CONCURRENTLY" + (", ATTACH PARTITION" if len(build) > 1 else "")
    return Difference(
        f"missing-{kind}",
        "payments",
        f"{kind} {name}",
        f"{_lack(facts, key)}; the migrations say {short(wanted)}",
        "apply" if build else "person",
        online if build else _by_hand(kind, "a new migration that makes it again"),
        work="build" if build else "",
        size_bytes=size,
        estimate_seconds=estimate("build", size) if build else None,
        commands=build,
    )


def _by_hand(kind: str, otherwise: str) -> str:
    """What a person does: no migration makes roles."""
    return _PERSON["role"] if kind == "role" else otherwise


def _lack(facts: PaymentsFacts, key: Key) -> str:
    return "partitions lack it" if key in facts.live else "it is not there"


def _build(facts: PaymentsFacts, name: str, wanted: str) -> tuple[Command, ...]:
    if not of_partitioned_table(wanted):
        return ((facts.database, concurrently(wanted)),)
    table = _parent(("index", name), facts.wanted)
    attached = [p.name for p in facts.partitions if p.table == table and p.attached]
    having = facts.indexed.get(name, frozenset())
    return tuple((facts.database, one) for one in build_statements(wanted, attached, having))


def _differs(facts: PaymentsFacts, key: Key, live: str, wanted: str) -> Difference:
    kind, name = key
    work: Work = "rewrite" if kind == "column" and _type(live) != _type(wanted) else ""
    size = facts.sizes.get(name.partition(".")[0]) if work else None
    return Difference(
        f"{kind}-differs",
        "payments",
        f"{kind} {name}",
        f"it is {short(live)}; the migrations say {short(wanted)}",
        "person",
        _by_hand(kind, "a new migration")
        + (" (another type: the table is written again under a lock)" if work else ""),
        work=work,
        size_bytes=size,
        estimate_seconds=estimate(work, size) if work else None,
    )


def drop_statement(key: Key, definition: str = "") -> sql.Composed | None:
    """The statement that drops an object of the catalogue; None for a kind that is not dropped by name."""
    kind, name = key
    if kind == "index" and of_partitioned_table(definition):
        kind = "partitioned index"  # PostgreSQL does not drop it CONCURRENTLY
    pattern = _DROPS.get(kind)
    if pattern is None:
        return None
    parent, _, child = name.partition(".")
    parts = {"name": sql.Identifier(child or parent), "parent": sql.Identifier(parent)}
    return sql.SQL(pattern).format(**parts)  # pyright: ignore[reportArgumentType] - our own constants


def short(text: str, longest: int = 120) -> str:
    """A definition on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _type(definition: str) -> str:
    return definition.partition(" NOT NULL")[0].partition(" DEFAULT ")[0]
