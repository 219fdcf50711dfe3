"""The dictionary of both databases as a Markdown page, with its diagram. Pure: registry in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app_core.schema.diagram import diagram, references_of
from app_core.schema.fields import Field, Reference, walk
from app_core.schema.model import Collection, Departure, Index, Kept, Retention, Table
from app_core.schema.personal import HANDLING
from app_core.schema.queries import described
from app_core.schema.tabular import Column, ForeignKey

INTRODUCTION = """# The dictionary

Written by `swapctl schema doc` from the registry (`app_core/schema`); a test keeps it current. Social data
live in MongoDB, one database a segment; payments in PostgreSQL. Keys between the two, and all keys inside
MongoDB, are logical: `swapctl schema orphans` proves them. In PostgreSQL they are real.

**Normal forms.** Every collection and table is in third normal form but for the departures that it lists:
attributes are atomic (1NF), keys are technical or whole (2NF), nothing depends on a non-key (3NF).
"""


def dictionary(collections: Iterable[Collection], tables: Iterable[Table]) -> str:
    """The page. Entries come in the order in which they are given."""
    collections, tables = tuple(collections), tuple(tables)
    parts = [INTRODUCTION, "## Diagram\n", diagram(collections, tables), _personal()]
    parts += ["## Collections (MongoDB)\n", _overview(collections), *(_collection(c) for c in collections)]
    parts += ["## Tables (PostgreSQL)\n", *(_table(table) for table in tables)]
    return "\n".join(parts)


def _personal() -> str:
    rows = (
        (name, h.says, "yes" if h.exported else "no", h.erased, "yes" if h.logged else "no")
        for name, h in HANDLING.items()
    )
    return "\n".join(
        ["## Personal data\n", _grid(("class", "means", "exported", "erasure", "may be logged"), rows)]
    )


def _overview(collections: Iterable[Collection]) -> str:
    rows = (
        (
            f"[{c.name}](#{c.name})",
            c.segment,
            ", ".join(c.shard_key) or "unsharded",
            concern(c),
            c.read_preference,
        )
        for c in collections
    )
    return _grid(("collection", "segment", "shard key", "write concern", "read preference"), rows)


def concern(entry: Collection) -> str:
    """The write concern as people write it: `w:1`, `majority, j`."""
    w = entry.write_concern
    return ("majority" if w.w == "majority" else f"w:{w.w}") + (", j" if w.j else "")


def _collection(entry: Collection) -> str:
    rules = [f"`{rule.left} {rule.operator} {rule.right}`" for rule in entry.rules]
    if entry.forms:
        ways = (f"`{name}` when `{entry.forms.by}` is `{value}`" for value, name in entry.forms.needs)
        rules.append("exactly one of " + ", ".join(ways))
    rules += [
        f"`{limit.field}` is there and at most {limit.most} when `{limit.when[0]}` is `{limit.when[1]}`"
        for limit in entry.limits
    ]
    rules += [f"`{field}` is used once: claimed in `{by}`" for field, by in entry.unique_by_claim]
    lines = [
        f"### {entry.name}\n",
        f"{entry.entity}: {entry.says}.\n",
        f"- key: {_names(entry.primary_key)}; segment `{entry.segment}`, "
        f"shard key {_names(entry.shard_key) or 'none'}",
        f"- written with {concern(entry)}; read with `{entry.read_concern}` from `{entry.read_preference}`",
        *_ends(entry.retention),
        f"- erasure: {entry.erasure.action} ({entry.erasure.reason})" if entry.erasure else "",
        f"- rules: {'; '.join(rules)}" if rules else "",
        f"- normal form: {_form(entry.departures)}",
    ]
    fields = (
        (p, _type(f), _bounds(f), _to(references_of(f)), f.personal, f.says) for p, f in walk(entry.fields)
    )
    indexes = ((i.name, _kind(i), i.serves, _query(i)) for i in entry.indexes)
    return "\n".join(
        [
            *(line for line in lines if line),
            "",
            _grid(("field", "type", "bounds", "refers to", "personal", "meaning"), fields),
            _grid(("index", "kind", "serves", "query"), indexes),
        ]
    )


def _table(entry: Table) -> str:
    states = [f"`{before}` → `{after}`" for before, after in entry.states.steps] if entry.states else []
    parts = entry.partitioning
    lines = [
        f"### {entry.name}\n",
        f"{entry.entity}: {entry.says}.\n",
        f"- key: {_names(entry.key)}; durability `{entry.durability}`"
        + ("; append-only for the application" if entry.append_only else "")
        + (f"; the application changes {_names(entry.changes)} only" if entry.changes else ""),
        *(
            f"- foreign key: {_names(k.columns)} → `{k.target}` ({_names(k.target_columns)}){_ending(k)}"
            for k in entry.foreign_keys
        ),
        f"- rules: {'; '.join(check.says for check in entry.checks)}" if entry.checks else "",
        f"- states: begins as {_names(entry.states.initial)}; {', '.join(states)}" if entry.states else "",
        f"- partitions: by month of `{parts.column}`, {parts.ahead} ahead"
        + (f"; a month stays while `{parts.done}` lacks" if parts.done else "")
        if parts
        else "",
        *_ends(entry.retention),
        f"- erasure: {entry.erasure.action} ({entry.erasure.reason})" if entry.erasure else "",
        f"- normal form: {_form(entry.departures)}",
    ]
    columns = ((c.name, _column(c), _column_target(c), c.personal, c.says) for c in entry.columns)
    indexes = ((i.name, _kind(i), i.serves, _query(i)) for i in entry.indexes)
    return "\n".join(
        [
            *(line for line in lines if line),
            "",
            _grid(("column", "type", "refers to", "personal", "meaning"), columns),
            *([_grid(("index", "kind", "serves", "query"), indexes)] if entry.indexes else []),
        ]
    )


def _ending(key: ForeignKey) -> str:
    if key.goes_with:
        return "; ends with it"
    return _stays(key.holds)


def _stays(holds: str) -> str:
    return f"; what is referred to stays: {holds}" if holds else ""


def _ends(retention: Retention | Kept | None) -> Iterator[str]:
    if isinstance(retention, Kept):
        yield f"- kept: {retention.reason}"
    if isinstance(retention, Retention):
        only = f" when `{retention.only[0]}` is {_names(retention.only[1])}" if retention.only else ""
        yield (
            f"- ends {retention.days:g} days after `{retention.field}`{only} (by {retention.how}): "
            f"{retention.reason}"
        )


def _form(departures: tuple[Departure, ...]) -> str:
    if not departures:
        return "3NF"
    return "3NF, but " + "; ".join(f"{d.what} ({d.reason})" for d in departures)


def _type(field: Field) -> str:
    return " or ".join(field.types) + ("" if field.required else ", may lack")


def _bounds(field: Field) -> str:
    values = field.items.values if field.items and field.items.values else field.values
    words = [
        ", ".join(str(value) for value in values),
        _span(field.minimum, field.maximum, ""),
        _span(field.min_length, field.max_length, "characters"),
        _span(field.min_items, field.max_items, "items"),
        f"rounded to {field.multiple_of}" if field.multiple_of else "",
        f"`{field.pattern}`" if field.pattern else "",
    ]
    return "; ".join(word for word in words if word)


def _span(least: float | None, most: float | None, unit: str) -> str:
    if least is None and most is None:
        return ""
    return (
        f"{'' if least is None else f'{least:.15g}'}..{'' if most is None else f'{most:.15g}'} {unit}".strip()
    )


def _to(references: Iterable[Reference]) -> str:
    return ", ".join(
        f"{'payments: ' if r.domain == 'payments' else ''}{r.target}.{r.field}"
        + (f" ({r.when[1]})" if r.when else "")
        + (f"; may be gone: {r.may_outlive.reason}" if r.may_outlive else "")
        + _stays(r.holds)
        for r in references
    )


def _column(column: Column) -> str:
    values = f": {', '.join(column.values)}" if column.values else ""
    default = f", default {column.default}" if column.default else ""
    default += ", numbered by the database" if column.numbered else ""
    return f"{column.type}{values}{default}{', may be null' if column.nullable else ''}"


def _column_target(column: Column) -> str:
    return f"social: {column.references.target}.{column.references.field}" if column.references else ""


def _kind(index: Index) -> str:
    words = ["unique"] if index.unique else []
    words += sorted({kind for _, kind in index.keys if isinstance(kind, str)})
    words += ["partial"] if index.partial else []
    words += [f"TTL {index.ttl_seconds} s"] if index.ttl_seconds is not None else []
    return ", ".join(words)


def _query(index: Index) -> str:
    return described(index.query) if index.query else ""


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        + "\n"
    )
