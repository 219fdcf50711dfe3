"""MongoDB's order of values of different types, and the hash of a hashed shard key. Pure."""

from __future__ import annotations

import datetime
import hashlib
import re
import uuid
from typing import Any

from bson import Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

from infra.router.bsonraw import INT32, INT64, elements, encode

_EPOCH = datetime.datetime(1970, 1, 1)
_NUMBER, _STRING, _OBJECT, _ARRAY, _BINARY = 10, 15, 20, 25, 30


def canonical_type(value: Any) -> int:
    """The rank of a value's type in comparisons; TypeError for what is no BSON value."""
    for types, rank in _RANKS:
        if isinstance(value, types):
            return rank
    if value is None:
        return 5
    if isinstance(value, Code):
        return 60 if value.scope is None else 65
    raise TypeError(f"no BSON value: {type(value).__name__}")


_RANKS: tuple[tuple[Any, int], ...] = (
    (bool, 40), ((int, float, Decimal128), _NUMBER), (MinKey, -1), (MaxKey, 127),
    ((dict, DBRef), _OBJECT), ((list, tuple), _ARRAY), ((bytes, uuid.UUID), _BINARY), (ObjectId, 35),
    ((datetime.datetime, DatetimeMS), 45), (Timestamp, 47), ((Regex, re.Pattern), 50),
    (Code, 60), (str, _STRING),
)  # fmt: skip


def sort_key(value: Any) -> tuple[Any, ...]:
    """A key that orders Python values as the server orders BSON values (simple collation)."""
    rank = canonical_type(value)
    if rank == _NUMBER:
        return _number_key(value)
    if rank == _STRING:
        return rank, value.encode("utf-8", "surrogatepass")
    if rank == _OBJECT:
        pairs = (value.as_doc() if isinstance(value, DBRef) else value).items()
        return rank, tuple((canonical_type(v), k.encode(), sort_key(v)) for k, v in pairs)
    if rank == _ARRAY:
        return rank, tuple(sort_key(item) for item in value)
    return rank, *_scalar_key(rank, value)


def _number_key(value: int | float | Decimal128) -> tuple[Any, ...]:
    plain = value.to_decimal() if isinstance(value, Decimal128) else value
    return (_NUMBER, 0, 0) if plain != plain else (_NUMBER, 1, plain)


def _scalar_key(rank: int, value: Any) -> tuple[Any, ...]:
    if rank in (-1, 5, 127):
        return ()
    if rank == _BINARY:
        data = bytes(value) if isinstance(value, bytes) else value.bytes
        return len(data), getattr(value, "subtype", 0), data
    if rank == 35:
        return (value.binary,)
    if rank == 45:
        return (milliseconds(value),)
    if rank == 47:
        return value.time, value.inc
    if rank == 50:
        return value.pattern, str(value.flags)
    return (value if rank == 40 else str(value),)


def milliseconds(value: datetime.datetime | DatetimeMS) -> int:
    """A date as milliseconds since 1970."""
    if isinstance(value, DatetimeMS):
        return int(value)
    delta = value.replace(tzinfo=None) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def hash64(value: Any) -> Int64:
    """The hashed shard key of a value, as the server computes it."""
    raw = encode({"": value})
    digest = hashlib.md5(INT32.pack(0), usedforsecurity=False)
    kind, _, _, start, end = next(elements(raw))
    _hash_element(digest, kind, b"", raw, start, end, value, named=False)
    return Int64(INT64.unpack(digest.digest()[:8])[0])


def _hash_element(
    digest: Any, kind: int, name: bytes, raw: bytes, start: int, end: int, value: Any, *, named: bool = True
) -> None:
    rank = canonical_type(value)
    digest.update(INT32.pack(rank))
    if named:
        digest.update(name + b"\0")
    if rank == _NUMBER:
        digest.update(INT64.pack(_as_int64(value)))
    elif rank in (_OBJECT, _ARRAY):
        inner = value.as_doc() if isinstance(value, DBRef) else value
        values = list(inner.values()) if rank == _OBJECT else list(inner)
        for element, item in zip(elements(raw, start), values, strict=True):
            _hash_element(digest, element[0], element[1], raw, element[3], element[4], item)
    else:
        digest.update(raw[start:end])


def _as_int64(value: int | float | Decimal128) -> int:
    plain = value.to_decimal() if isinstance(value, Decimal128) else value
    if plain != plain:
        return 0
    return int(max(-(2**63), min(2**63 - 1, plain)))
