"""Property values between the SDK's wire format and Python: unknown and secret stay marked."""

# What comes from a wire or a file has no type; the declarations of resources are checked strictly.
# pyright: standard
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

_SIGNATURE = "4dabf18193072939515e22adb298388d"  # the key under which the wire format says what a map is
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


class _Unknown:
    """A value that is known only once the resource is there."""

    def __repr__(self) -> str:
        return "<computed>"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must not be shown: its repr never says it."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        return "[secret]"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The properties of a wire message; what has no value is left out."""
    found = ((key, _decode(value)) for key, value in struct.fields.items())
    return {key: value for key, value in found if value is not None}


def _decode(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_map(value.struct_value)
    return None


def _decode_map(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature == _SECRET:
        return Secret(_decode(struct.fields["value"]))
    if signature == _OUTPUT:
        inner = _decode(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        return Secret(inner) if struct.fields["secret"].bool_value else inner
    if signature == _RESOURCE:
        return struct.fields["urn"].string_value
    return decode(struct)


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties as the SDK reads them: secrets wrapped, unknown values by their fixed mark."""
    struct = struct_pb2.Struct()
    struct.update({key: _encode(value) for key, value in values.items() if value is not None})
    return struct


def _encode(value: Any) -> Any:
    match value:
        case _Unknown():
            return rpc.UNKNOWN
        case Secret():
            return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
        case Mapping():
            return {key: _encode(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_encode(item) for item in value]
    return value


def bare(value: Any) -> Any:
    """The value itself, secrets unwrapped: for calls, never for showing."""
    match value:
        case Secret():
            return bare(value.value)
        case Mapping():
            return {key: bare(item) for key, item in value.items()}
        case list() | tuple():
            return [bare(item) for item in value]
    return value


def shown(value: Any) -> Any:
    """The value as people may see it: secrets and unknown values replaced by words."""
    match value:
        case Secret() | _Unknown():
            return str(value)
        case Mapping():
            return {key: shown(item) for key, item in value.items()}
        case list() | tuple():
            return [shown(item) for item in value]
    return value


def has_secret(value: Any) -> bool:
    """Whether a secret is anywhere in the value."""
    match value:
        case Secret():
            return True
        case Mapping():
            return any(has_secret(item) for item in value.values())
        case list() | tuple():
            return any(has_secret(item) for item in value)
    return False


def has_unknown(value: Any) -> bool:
    """Whether an unknown value is anywhere in the value, also inside a secret."""
    match value:
        case _Unknown():
            return True
        case Secret():
            return has_unknown(value.value)
        case Mapping():
            return any(has_unknown(item) for item in value.values())
        case list() | tuple():
            return any(has_unknown(item) for item in value)
    return False
