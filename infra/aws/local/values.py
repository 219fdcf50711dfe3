"""Property values between the SDK's wire format and Python: unknown and secret stay marked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

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
        case _:
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
    if isinstance(value, _Unknown):
        return rpc.UNKNOWN
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
    if is_map(value):
        return {key: _encode(item) for key, item in value.items() if item is not None}
    return inside(value, _encode)


def bare(value: Any) -> Any:
    """The value itself, secrets unwrapped: for calls, never for showing."""
    return bare(value.value) if isinstance(value, Secret) else inside(value, bare)


def shown(value: Any) -> Any:
    """The value as people may see it: secrets and unknown values replaced by words."""
    return str(value) if isinstance(value, (Secret, _Unknown)) else inside(value, shown)


def has_secret(value: Any) -> bool:
    """Whether a secret is anywhere in the value."""
    return isinstance(value, Secret) or any(map(has_secret, _parts(value)))


def has_unknown(value: Any) -> bool:
    """Whether an unknown value is anywhere in the value, also inside a secret."""
    return isinstance(value, _Unknown) or any(map(has_unknown, _parts(value)))


def is_map(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a property is a map; its keys are always names."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a property is a list."""
    return isinstance(value, (list, tuple))


def as_map(value: object) -> Mapping[str, Any]:
    """A value that is a map, as one; an empty one for anything else."""
    return value if is_map(value) else {}


def as_list(value: object) -> Sequence[Any]:
    """A value that is a list, as one; an empty one for anything else."""
    return value if is_list(value) else ()


def inside(value: Any, change: Callable[[Any], Any]) -> Any:
    """A map or a list with each item changed; anything else as it is."""
    if is_map(value):
        return {key: change(item) for key, item in value.items()}
    if is_list(value):
        return [change(item) for item in value]
    return value


def _parts(value: Any) -> Collection[Any]:
    """What is directly inside a secret, a map or a list."""
    if isinstance(value, Secret):
        return (value.value,)
    return as_map(value).values() or as_list(value)
