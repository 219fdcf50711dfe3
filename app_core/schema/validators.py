"""The registry's fields as MongoDB validators: strict `$jsonSchema`, and rules between fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from bson import Binary

from app_core.schema.fields import Compare, Field, Forms, Limit
from app_core.schema.model import Collection

Schema = dict[str, Any]

ID_TYPES = ["binData", "objectId"]
"""What `_id` may be: the writer's UUID, or what the driver makes."""
UUIDS = {
    "$gte": Binary.from_uuid(UUID(int=0)),
    "$lte": Binary.from_uuid(UUID(int=2**128 - 1)),
}
"""Binary data are ordered by length, then by subtype, then by content: what lies here is a UUID (subtype 4),
and nothing else is. `$jsonSchema` sees binary data only."""
_OPERATORS = {"<": "$lt", "<=": "$lte", "!=": "$ne"}


def validator(collection: Collection) -> Schema:
    """The collection's validator, as `create` and `collMod` take it (level strict, action error)."""
    rules = [{"$expr": comparison(rule)} for rule in collection.rules]
    return {"$and": [{"$jsonSchema": json_schema(collection)}, *rules, *uuid_rules(collection.fields)]}


def uuid_rules(fields: tuple[Field, ...]) -> Iterator[Schema]:
    """`_id` and every field that identifies or refers holds UUIDs, not just any binary data."""
    yield {"$or": [{"_id": UUIDS}, {"_id": {"$type": "objectId"}}]}
    for field in fields:
        if is_uuid(field):
            rule = {field.name: UUIDS}
            yield rule if field.required else {"$or": [{field.name: {"$exists": False}}, rule]}
        elif field.items is not None and is_uuid(field.items):
            yield {field.name: {"$not": {"$elemMatch": {"$not": UUIDS}}}}


def is_uuid(field: Field) -> bool:
    """Whether the field holds a UUID, as all binary data do but those in payloads of several types."""
    return field.types == ("binData",)


def json_schema(collection: Collection) -> Schema:
    """The documents' shape: nothing but the registry's fields, each within its bounds."""
    schema = _object(collection.fields)
    schema["properties"] = {"_id": {"bsonType": ID_TYPES}, **schema["properties"]}
    if collection.forms is not None:
        schema["oneOf"] = [_form(collection.forms, value, name) for value, name in collection.forms.needs]
    if collection.limits:
        schema["allOf"] = [_limit(limit) for limit in collection.limits]
    return schema


def _limit(limit: Limit) -> Schema:
    """`$jsonSchema` has no if: the other field has another value, or the number is there and small enough."""
    name, value = limit.when
    otherwise = {"properties": {name: {"not": {"enum": [value]}}}}
    within = {"required": [limit.field], "properties": {limit.field: {"maximum": limit.most}}}
    return {"anyOf": [otherwise, within]}


def comparison(rule: Compare) -> Schema:
    """A rule between two fields as an expression."""
    return {_OPERATORS[rule.operator]: [f"${rule.left}", f"${rule.right}"]}


def field_schema(field: Field) -> Schema:
    """One field's schema."""
    schema: Schema = {"bsonType": list(field.types)}
    if field.values:
        schema["enum"] = list(field.values)
    bounds = {
        "minimum": field.minimum,
        "maximum": field.maximum,
        "multipleOf": field.multiple_of,
        "minLength": field.min_length,
        "maxLength": field.max_length,
        "pattern": field.pattern,
        "minItems": field.min_items,
        "maxItems": field.max_items,
    }
    schema.update({name: bound for name, bound in bounds.items() if bound is not None})
    if field.unique_items:
        schema["uniqueItems"] = True
    return {**schema, **_inside(field)}


def _inside(field: Field) -> Schema:
    if field.pair:
        size = len(field.pair)
        items = [field_schema(part) for part in field.pair]
        return {"items": items, "additionalItems": False, "minItems": size, "maxItems": size}
    if field.items is not None:
        return {"items": field_schema(field.items)}
    if field.entries is not None:
        named = {field.names: field_schema(field.entries)}
        return {"patternProperties": named, "additionalProperties": False}
    return _object(field.fields) if field.fields else {}


def _object(fields: tuple[Field, ...]) -> Schema:
    schema: Schema = {
        "bsonType": "object",
        "properties": {field.name: field_schema(field) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    return {**schema, "required": required} if required else schema


def _form(forms: Forms, value: str, needed: str) -> Schema:
    others = [{"required": [name]} for _, name in forms.needs if name != needed]
    return {
        "properties": {forms.by: {"enum": [value]}},
        "required": [needed],
        "not": {"anyOf": others},
    }
