"""Fields of documents: types, bounds, enumerations, shapes, references and class of personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app_core.schema.personal import Personal

Number = int | float
END = r"$(?!\n)"
"""The end of a text. `$` alone also stands before a line break that ends it, for the server as for Python."""


def exactly(pattern: str) -> str:
    """A pattern that the whole text must match; alternatives in brackets."""
    return f"^{pattern}{END}"


@dataclass(frozen=True)
class Outlives:
    """Why a document may be there when the one that it refers to has been ended.

    by: `retention` = it counts as such once it is older (by its `since`) than the target's retention, less
    late_days: how many days after the moment from which that counts a reference is made at most.
    `deletion` = the target's owner may delete it at any time, so age says nothing.
    """

    reason: str
    by: Literal["retention", "deletion"] = "retention"
    late_days: float = 0
    since: str = "created_at"


@dataclass(frozen=True)
class Reference:
    """A foreign key. In MongoDB and across the two databases it is logical: `schema orphans` proves it.

    target: a collection's or a table's name; field: the field or column there that it points to.
    when: (field, value) beside it that must hold for this reference to be meant. may_outlive: it may lead
    nowhere. holds: why the target waits with its end until nothing refers to it any more. References to
    members need neither: what an erasure keeps follows from the entry's `erasure`.
    """

    target: str
    field: str
    domain: Literal["social", "payments"] = "social"
    when: tuple[str, str] | None = None
    may_outlive: Outlives | None = None
    holds: str = ""


@dataclass(frozen=True)
class Field:
    """A field of a document. Names of types are BSON's; several = any of them.

    required: it must be there; a field that is not required may lack, it is never null.
    values: the enumeration. Bounds are inclusive: of numbers, of a text's length in characters, of an
    array's length. multiple_of: numbers are rounded to it. items: what an array holds; pair: an array of
    exactly these; fields: what an object holds, nothing else; entries: an object whose names match
    `names` and whose values are of this shape. read_aliases: older names, accepted in reading only.
    """

    name: str
    types: tuple[str, ...]
    required: bool = True
    says: str = ""
    personal: Personal = "none"
    values: tuple[str | int, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    multiple_of: Number | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    items: Field | None = None
    pair: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    entries: Field | None = None
    names: str = ""
    references: tuple[Reference, ...] = ()
    read_aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forms:
    """Fields of which exactly one is there, chosen by another one: `needs` = (value of `by`, field)."""

    by: str
    needs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Compare:
    """A rule between two required fields of a document: `left operator right`."""

    left: str
    operator: Literal["<", "<=", "!="]
    right: str


@dataclass(frozen=True)
class Limit:
    """A number that must be there and at most so great, where another field has a value.

    when: (required field, value).
    """

    when: tuple[str, str]
    field: str
    most: Number


def walk(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field with its dotted path, nested ones after their parents; items bear the array's path."""
    for entry in fields:
        path = prefix + entry.name
        yield path, entry
        yield from walk(entry.fields, f"{path}.")
        if entry.items is not None:
            yield from walk(entry.items.fields, f"{path}.")
