"""The registry's fields as MongoDB validators: strict `$jsonSchema`, and rules between fields. Pure."""

from __future__ import annotations

from typing import Any

from app_core.schema.fields import Compare, Field, Forms
from app_core.schema.model import Collection

Schema = dict[str, Any]

ID_TYPES = ["binData", "objectId"]
"""What `_id` may be: the writer's UUID, or what the driver makes."""
_OPERATORS = {"<": "$lt", "<=": "$lte", "!=": "$ne"}


def validator(collection: Collection) -> Schema:
    """The collection's validator, as `create` and `collMod` take it (level strict, action error)."""
    rules = [{"$expr": comparison(rule)} for rule in collection.rules]
    schema: Schema = {"$jsonSchema": json_schema(collection)}
    return {"$and": [schema, *rules]} if rules else schema


def json_schema(collection: Collection) -> Schema:
    """The documents' shape: nothing but the registry's fields, each within its bounds."""
    schema = _object(collection.fields)
    schema["properties"] = {"_id": {"bsonType": ID_TYPES}, **schema["properties"]}
    if collection.forms is not None:
        schema["oneOf"] = [_form(collection.forms, value, name) for value, name in collection.forms.needs]
    return schema


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
