"""A validator judged without a server: `jsonschema` with MongoDB's types, and rules between fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bson import ObjectId
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
    ((operator, (left, right)),) = part["$expr"].items()
    values = document.get(left[1:]), document.get(right[1:])
    if type(values[0]) is not type(values[1]):  # the shape refuses it already
        return []
    return [] if _COMPARE[operator](*values) else [f"{left[1:]} {operator} {right[1:]}"]


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
