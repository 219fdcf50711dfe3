"""The query that an index serves, as data: an explain can be asked whether the index really serves it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Keys = tuple[tuple[str, int | str], ...]
"""(field, 1 | -1 | "text" | "2dsphere") in order."""

Operator = Literal["=", ">=", "<", "text", "near", "is"]
_WORD = re.compile(r"^(?P<field>[a-z_.]+?)(?P<operator>>=|<|~text|~near)?$")


@dataclass(frozen=True)
class Condition:
    """One condition on a field. `is` compares with the constant `value`, the others with a caller's value.

    The constant None stands for a field that has no value.
    """

    field: str
    operator: Operator
    value: Any = dataclasses.field(default=None, hash=False)


@dataclass(frozen=True)
class Query:
    """A query template: conditions and an order. `limit` is what a page of the application shows."""

    conditions: tuple[Condition, ...]
    sort: Keys = ()
    limit: int = 50


def query(*words: str, sort: str = "", limit: int = 50, **constants: Any) -> Query:
    """A template from words: `field` (equal), `field>=`, `field<`, `field~text`, `field~near`.

    constants: fields that always have this value. sort: fields in order, descending with a minus:
    `"-created_at"`. Raises ValueError for a word of another form.
    """
    conditions = [_condition(word) for word in words]
    conditions += [Condition(name, "is", value) for name, value in constants.items()]
    return Query(tuple(conditions), tuple(_order(word) for word in sort.split()), limit)


def mongo_filter(template: Query, document: Mapping[str, Any]) -> dict[str, Any]:
    """The template as a filter, with the values of a document that it shall find. KeyError when one lacks."""
    found: dict[str, Any] = {}
    for condition in template.conditions:
        found.update(_mongo_condition(condition, document))
    return found


def equal_fields(template: Query) -> frozenset[str]:
    """The fields that the template compares for equality."""
    return frozenset(c.field for c in template.conditions if c.operator in ("=", "is"))


def one_shard(template: Query, shard_key: Iterable[str]) -> bool:
    """Whether the template gives the whole shard key, so that a router asks one shard only."""
    return set(shard_key) <= equal_fields(template)


def sql_select(template: Query, table: str) -> tuple[str, tuple[str, ...]]:
    """The template as a SELECT with `%s` for each caller's value, and the columns that these belong to."""
    wheres: list[str] = []
    columns: list[str] = []
    for condition in template.conditions:
        if condition.operator == "is":
            wheres.append(_sql_constant(condition))
            continue
        wheres.append(f"{condition.field} {condition.operator} %s")
        columns.append(condition.field)
    order = ", ".join(f"{name} DESC" if way == -1 else name for name, way in template.sort)
    text = f"SELECT * FROM {table}" + (f" WHERE {' AND '.join(wheres)}" if wheres else "")
    return text + (f" ORDER BY {order}" if order else "") + f" LIMIT {template.limit}", tuple(columns)


def _sql_constant(condition: Condition) -> str:
    value = condition.value
    return f"{condition.field} IS NULL" if value is None else f"{condition.field} = '{value}'"


def described(template: Query) -> str:
    """The template in words: `user_id = ?, created_at ≥ ?, newest first`."""
    words = [_described(condition) for condition in template.conditions]
    order = [f"{name} ↓" if way == -1 else f"{name} ↑" for name, way in template.sort]
    return ", ".join(words) + (f" by {', '.join(order)}" if order else "")


def _described(condition: Condition) -> str:
    if condition.operator != "is":
        return f"{condition.field} {condition.operator} ?"
    return f"{condition.field} " + ("is null" if condition.value is None else f"= {condition.value}")


def _condition(word: str) -> Condition:
    match = _WORD.match(word)
    if match is None:
        raise ValueError(f"{word!r} is no condition: field, field>=, field<, field~text or field~near")
    operators: Mapping[str | None, Operator] = {
        None: "=",
        ">=": ">=",
        "<": "<",
        "~text": "text",
        "~near": "near",
    }
    return Condition(match["field"], operators[match["operator"]])


def _order(word: str) -> tuple[str, int]:
    return (word[1:], -1) if word.startswith("-") else (word, 1)


def _mongo_condition(condition: Condition, document: Mapping[str, Any]) -> dict[str, Any]:
    if condition.operator == "is":
        return {condition.field: condition.value}
    value = _value(condition.field, document)
    match condition.operator:
        case ">=":
            return {condition.field: {"$gte": value}}
        case "<":
            return {condition.field: {"$lt": value}}
        case "text":
            return {"$text": {"$search": str(value)}}
        case "near":
            return {condition.field: {"$near": {"$geometry": value, "$maxDistance": 20_000}}}
        case _:
            return {condition.field: value[0] if isinstance(value, list) else value}


def _value(path: str, document: Mapping[str, Any]) -> Any:
    found: Any = document
    for name in path.split("."):
        found = found[name]
    return found
