"""A validator judged without a server: `jsonschema` with MongoDB's types, and rules between fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bson import Binary, ObjectId
from jsonschema import Draft4Validator, ValidationError, validators

_COMPARE = {"$lt": lambda a, b: a < b, "$lte": lambda a, b: a <= b, "$ne": lambda a, b: a != b}


def refusals(validator: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Why the validator refuses the document: the path of each fault; empty when it does not."""
    parts = validator.get("$and", [validator])
    return [fault for part in parts for fault in _part(part, document)]


def _part(part: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    if "$jsonSchema" in part:
        found = Checker(part["$jsonSchema"]).iter_errors(document)
        return [f"{'.'.join(map(str, e.absolute_path))}: {e.validator}" for e in found]
    if "$expr" not in part:
        return [] if matches(part, document) else [f"{_names(part)[0]}: {part}"]
    ((operator, (left, right)),) = part["$expr"].items()
    values = document.get(left[1:]), document.get(right[1:])
    if type(values[0]) is not type(values[1]):  # the shape refuses it already
        return []
    return [] if _COMPARE[operator](*values) else [f"{left[1:]} {operator} {right[1:]}"]


def _names(query: Mapping[str, Any]) -> list[str]:
    return [name for one in query.get("$or", [query]) for name in one]


def matches(query: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether a document matches a query of the few operators that validators use."""
    if "$or" in query:
        return any(matches(one, document) for one in query["$or"])
    return all(_fulfils(wanted, document.get(name, _ABSENT)) for name, wanted in query.items())


def _fulfils(wanted: Mapping[str, Any], value: Any) -> bool:
    return all(_OPERATORS[operator](value, operand) for operator, operand in wanted.items())


def _order(value: Any) -> tuple[int, int, bytes] | None:
    """How the server orders binary data: by length, subtype, content; None for anything else."""
    match value:
        case UUID():
            return 16, 4, value.bytes
        case bytes():
            return len(value), getattr(value, "subtype", 0), bytes(value)
    return None


def _compared(value: Any, bound: Any, sign: int) -> bool:
    mine, other = _order(value), _order(bound)
    return mine is not None and other is not None and (mine >= other if sign > 0 else mine <= other)


_ABSENT = object()
_OPERATORS = {
    "$gte": lambda value, bound: _compared(value, bound, 1),
    "$lte": lambda value, bound: _compared(value, bound, -1),
    "$exists": lambda value, there: (value is not _ABSENT) is there,
    "$type": lambda value, name: value is not _ABSENT and name in bson_types(value),
    "$not": lambda value, wanted: not _fulfils(wanted, value),
    "$elemMatch": lambda value, wanted: isinstance(value, list) and any(_fulfils(wanted, v) for v in value),
}


def bson_types(value: Any) -> frozenset[str]:
    """The BSON types that the driver gives a value. An integer that fits in both may be read as either."""
    match value:
        case bool():
            return frozenset({"bool"})
        case int():
            return frozenset({"int"}) if -(2**31) <= value < 2**31 else frozenset({"long"})
        case float():
            return frozenset({"double"})
    names = {
        str: "string",
        datetime: "date",
        UUID: "binData",
        bytes: "binData",
        Binary: "binData",
        ObjectId: "objectId",
        list: "array",
        dict: "object",
    }
    return frozenset({names[type(value)]} if type(value) in names else {"null"})


def _bson_type(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not bson_types(value) & set(wanted):
        yield ValidationError(f"{value!r} is none of {wanted}")


def _multiple_of(_: Any, step: float, value: Any, __: Any) -> Iterator[ValidationError]:
    # the server computes with decimals of 15 digits
    if isinstance(value, int | float) and Decimal(f"{value:.15g}") % Decimal(str(step)):
        yield ValidationError(f"{value} is no multiple of {step}")


Checker = validators.extend(Draft4Validator, {"bsonType": _bson_type, "multipleOf": _multiple_of})
