"""Resume tokens of change streams, as far as a router must understand them. Pure."""

from __future__ import annotations

import binascii
from typing import Any

from bson import Timestamp

from infra.router.bsonraw import Document, is_document
from infra.router.errors import CommandError

_INTEGERS = {0x29: 0, 0x2B: 1, 0x2C: 2}
"""Key-string type byte of a small non-negative integer -> bytes of its value."""
_FALSE, _TRUE = 0x6E, 0x6F
_HIGH_WATER_MARK = 0


def token_time(token: str) -> Timestamp:
    """The cluster time of a token; CommandError 50811 when it is none."""
    try:
        return Timestamp(int(token[2:10], 16), int(token[10:18], 16))
    except ValueError as error:
        raise CommandError(50811, f"Invalid resume token: {token}") from error


def after(time: Timestamp) -> Timestamp:
    """The next cluster time."""
    return Timestamp(time.time, time.inc + 1)


def is_event(token: str) -> bool:
    """Names an event, not only a position (high-water mark)."""
    fields = _fields(token)
    return fields is not None and fields[1] != _HIGH_WATER_MARK


def is_from_invalidate(token: str) -> bool:
    """Names an invalidate event: a stream goes on behind it only with startAfter."""
    fields = _fields(token)
    return fields is not None and fields[3] == _TRUE


def _fields(token: str) -> tuple[int, int, int, int] | None:
    """(version, token type, transaction index, type byte of fromInvalidate); None when unreadable."""
    try:
        data = binascii.unhexlify(token)
    except (binascii.Error, ValueError):
        return None
    position = 9
    numbers: list[int] = []
    for _ in range(3):
        if position >= len(data) or data[position] not in _INTEGERS:
            return None
        size = _INTEGERS[data[position]]
        numbers.append(int.from_bytes(data[position + 1 : position + 1 + size], "big") >> 1)
        position += 1 + size
    return (numbers[0], numbers[1], numbers[2], data[position]) if position < len(data) else None


def given_token(spec: Any) -> str | None:
    """The token after which a `$changeStream` goes on, None without one; CommandError for a wrong one."""
    if not is_document(spec):
        raise CommandError(50808, "$changeStream stage expects a document as argument")
    given = [
        name for name in ("resumeAfter", "startAfter", "startAtOperationTime") if spec.get(name) is not None
    ]
    if len(given) > 1:
        raise CommandError(
            50865 if "startAfter" in given else 40674,
            "Only one type of resume option is allowed, but multiple were found",
        )
    document = spec.get("resumeAfter") or spec.get("startAfter")
    if document is None:
        return None
    token = document.get("_data") if is_document(document) else None
    if not isinstance(token, str) or len(token) < 18:
        raise CommandError(40649, "bad resume token: _data of missing or wrong type")
    if "resumeAfter" in spec and is_from_invalidate(token):
        raise CommandError(
            260,
            "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate "
            "notification.",
        )
    return token


def start_time(spec: Document, token: str | None) -> Timestamp | None:
    """The time from which the shards must be read, None for now."""
    if token is None:
        return spec.get("startAtOperationTime")
    time = token_time(token)
    return after(time) if is_from_invalidate(token) else time
