"""The entities and their references as a Mermaid ER diagram. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app_core.schema.fields import Field, Reference, walk
from app_core.schema.model import Collection, Table

Edge = tuple[str, str, str]
"""(target, source, field), each an entry's name."""


def diagram(collections: Iterable[Collection], tables: Iterable[Table]) -> str:
    """The diagram in a fenced block: key fields, and every reference from the one side to the many."""
    collections, tables = tuple(collections), tuple(tables)
    lines = ["```mermaid", "erDiagram"]
    lines += [_edge(edge, collections) for edge in edges(collections, tables)]
    for entry in collections:
        lines += _box(
            entry.name, [_attribute(entry, field) for field in entry.fields if _shown(entry, field)]
        )
    for table in tables:
        lines += _box(
            table.name, [f"{_word(c.type)} {c.name} PK" for c in table.columns if c.name in table.key]
        )
    return "\n".join([*lines, "```", ""])


def edges(collections: Iterable[Collection], tables: Iterable[Table]) -> Iterator[Edge]:
    """Every reference, each (target, source, field) once."""
    for entry in collections:
        found = [(r.target, entry.name, path) for path, f in walk(entry.fields) for r in references_of(f)]
        yield from dict.fromkeys(found)
    for table in tables:
        for column in table.columns:
            if column.references:
                yield column.references.target, table.name, column.name
        for key in table.foreign_keys:
            yield key.target, table.name, key.columns[0]


def references_of(field: Field) -> tuple[Reference, ...]:
    """A field's references, and those of the items that it holds."""
    return (*field.references, *(field.items.references if field.items else ()))


def _edge(edge: Edge, collections: Iterable[Collection]) -> str:
    target, source, field = edge
    one = any(c.name == source and c.primary_key == (field,) for c in collections)
    return f'    {target} ||--{"o|" if one else "o{"} {source} : "{field}"'


def _box(name: str, attributes: list[str]) -> list[str]:
    return [f"    {name} {{", *(f"        {attribute}" for attribute in attributes), "    }"]


def _shown(entry: Collection, field: Field) -> bool:
    return field.name in (*entry.primary_key, *entry.shard_key) or bool(field.references)


def _attribute(entry: Collection, field: Field) -> str:
    marks = ["PK"] if field.name in entry.primary_key else []
    marks += ["FK"] if field.references else []
    return f"{field.types[0]} {field.name} {', '.join(marks)}".strip()


def _word(type_: str) -> str:
    return type_.replace(" ", "_")
