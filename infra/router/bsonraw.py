"""Reading and changing BSON documents as bytes: the router decodes only what it must understand."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeGuard

import bson
from bson import Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion

Document = dict[str, Any]
_OPTIONS: CodecOptions[Document] = CodecOptions(
    document_class=dict,
    tz_aware=False,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    unicode_decode_error_handler="replace",
)
INT32, INT64, DOUBLE = struct.Struct("<i"), struct.Struct("<q"), struct.Struct("<d")
_FIXED = {1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 255: 0, 127: 0}
EMPTY = b"\x05\0\0\0\0"


def decode(raw: bytes) -> Document:
    """Bytes to a document; bson.InvalidBSON when malformed."""
    # the driver's own hint of its buffer types is incomplete
    return bson.decode(raw, codec_options=_OPTIONS)  # pyright: ignore[reportUnknownMemberType]


def encode(document: Document) -> bytes:
    """A document to bytes."""
    return bson.encode(document, codec_options=_OPTIONS)


def is_document(value: object) -> TypeGuard[Document]:
    """Whether a decoded value is an embedded document: its keys are text, as BSON has no others."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a decoded value is an array."""
    return isinstance(value, list)


def elements(raw: bytes, start: int = 0) -> Iterator[tuple[int, bytes, int, int, int]]:
    """(type, name, element start, value start, value end) of the document at `start`, in order."""
    end = start + INT32.unpack_from(raw, start)[0] - 1
    position = start + 4
    while position < end:
        kind = raw[position]
        name_end = raw.index(0, position + 1)
        value = name_end + 1
        after = value + _value_size(raw, kind, value)
        yield kind, raw[position + 1 : name_end], position, value, after
        position = after


def _value_size(raw: bytes, kind: int, value: int) -> int:
    fixed = _FIXED.get(kind)
    if fixed is not None:
        return fixed
    if kind in (3, 4, 15):
        return INT32.unpack_from(raw, value)[0]
    if kind in (2, 13, 14):
        return 4 + INT32.unpack_from(raw, value)[0]
    if kind == 5:
        return 5 + INT32.unpack_from(raw, value)[0]
    if kind == 12:
        return 16 + INT32.unpack_from(raw, value)[0]
    if kind == 11:
        return raw.index(0, raw.index(0, value) + 1) + 1 - value
    raise bson.InvalidBSON(f"unknown element type {kind}")


def number(raw: bytes, kind: int, value: int) -> float | int | None:
    """A numeric or boolean value, None for other types."""
    if kind == 1:
        return DOUBLE.unpack_from(raw, value)[0]
    if kind == 16:
        return INT32.unpack_from(raw, value)[0]
    if kind == 18:
        return INT64.unpack_from(raw, value)[0]
    return raw[value] if kind == 8 else None


def timestamp(raw: bytes, value: int) -> Timestamp:
    """The Timestamp at `value`."""
    increment, seconds = struct.unpack_from("<II", raw, value)
    return Timestamp(seconds, increment)


def rebuild(raw: bytes, drop: Collection[bytes], extra: bytes) -> bytes:
    """The document without the fields in `drop`, and with the elements of the document `extra` added."""
    kept = [raw[start:end] for _, name, start, _, end in elements(raw) if name not in drop]
    kept.append(extra[4:-1])
    content = b"".join(kept)
    return INT32.pack(len(content) + 5) + content + b"\0"


def array_of(documents: Iterable[bytes]) -> bytes:
    """A BSON array (as document bytes) of documents given as bytes."""
    parts = [b"\3" + str(n).encode() + b"\0" + document for n, document in enumerate(documents)]
    content = b"".join(parts)
    return INT32.pack(len(content) + 5) + content + b"\0"


def embed(fields: Iterable[tuple[int, str, bytes]]) -> bytes:
    """A document of elements given as (type, name, value bytes)."""
    content = b"".join(bytes([kind]) + name.encode() + b"\0" + value for kind, name, value in fields)
    return INT32.pack(len(content) + 5) + content + b"\0"


def values_of_array(raw: bytes, start: int) -> list[bytes]:
    """The documents of the array at `start`, as bytes."""
    return [raw[value:end] for _, _, _, value, end in elements(raw, start)]


def dig(document: Any, path: str) -> Any:
    """The value at a dotted path of embedded documents, None when missing."""
    for part in path.split("."):
        document = document.get(part) if is_document(document) else None
    return document
