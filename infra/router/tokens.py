"""Resume tokens of change streams, as far as a router must understand them. Pure."""

from __future__ import annotations

import binascii

from bson import Timestamp

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
    position, numbers = 9, []
    for _ in range(3):
        if position >= len(data) or data[position] not in _INTEGERS:
            return None
        size = _INTEGERS[data[position]]
        numbers.append(int.from_bytes(data[position + 1 : position + 1 + size], "big") >> 1)
        position += 1 + size
    return (numbers[0], numbers[1], numbers[2], data[position]) if position < len(data) else None
