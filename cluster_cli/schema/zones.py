"""Zone ranges and first chunks of a collection. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bson import MaxKey, MinKey

from app_core.schema.model import Collection, Field

Document = dict[str, Any]
_PREFIX = re.compile(r"\^((?:\[[^]\\^]\])*)\[((?:[0-9a-zA-Z]-[0-9a-zA-Z])+)\]")
"""The beginning of a pattern: characters that are always the same, then one of some ranges."""
_EXCLUDING = re.compile(r"\^(\[\^[^]]+\])")
"""The beginning of a pattern: any character but some."""
_LETTERS = sorted(string.digits + string.ascii_letters)
"""In the server's order."""


@dataclass(frozen=True)
class ZoneRange:
    """A part of a collection's key range that lives in a zone."""

    namespace: str
    zone: str
    low: Document
    high: Document


def zone_ranges(collection: Collection, shards: int) -> tuple[ZoneRange, ...]:
    """The whole key range, in as many adjoining parts as the segment has shards.

    The server makes one first chunk a part and deals them out over the zone's shards: that is the
    pre-split, without a chunk ever moved.
    """
    bounds = [MinKey(), *split_points(_first_key(collection), shards), MaxKey()]
    rest = collection.shard_key[1:]

    def bound(value: Any) -> Document:
        filler = value if isinstance(value, MaxKey) else MinKey()
        return {collection.shard_key[0]: value, **dict.fromkeys(rest, filler)}

    return tuple(
        ZoneRange(collection.namespace, collection.segment, bound(low), bound(high))
        for low, high in zip(bounds, bounds[1:], strict=False)
    )


def _first_key(collection: Collection) -> Field:
    return next(f for f in collection.fields if f.name == collection.shard_key[0])


def split_points(field: Field, parts: int) -> list[Any]:
    """Values that cut a key's range into parts of about as many documents.

    Random UUIDs by their first 32 bits, an enumeration by its words, a text by the first character that
    its pattern leaves open: by letters and digits where that is nearly any. Names do not begin with each
    letter as often, so those parts differ; the balancer evens them out. Other fields are left whole.
    """
    if "binData" in field.types:
        firsts = (part * 2**32 // parts for part in range(1, parts))
        return [UUID(bytes=first.to_bytes(4, "big") + bytes(12)) for first in firsts]
    beginnings = sorted(str(value) for value in field.values)
    if "string" in field.types and not beginnings:
        beginnings = _beginnings(field.pattern)
    cuts = (beginnings[part * len(beginnings) // parts] for part in range(1, parts) if beginnings)
    # more shards than beginnings: fewer parts; the first beginning cuts nothing off
    return [cut for cut in dict.fromkeys(cuts) if cut != beginnings[0]]


def _beginnings(pattern: str | None) -> list[str]:
    """What texts of a pattern begin with, in the server's order; none where the pattern does not say."""
    if pattern is None:
        return _LETTERS
    excluding = _EXCLUDING.match(pattern)
    if excluding is not None:
        return [letter for letter in _LETTERS if re.match(excluding.group(1), letter)]
    found = _PREFIX.match(pattern)
    if found is None:
        return []
    same = found.group(1).replace("[", "").replace("]", "")
    ranges = re.findall("(.)-(.)", found.group(2))
    return sorted(same + chr(code) for low, high in ranges for code in range(ord(low), ord(high) + 1))


def covers(ranges: Iterable[ZoneRange], zone: str, key: tuple[str, ...]) -> bool:
    """Whether ranges of this zone adjoin from the smallest to the greatest key."""
    wanted: Document = dict.fromkeys(key, MinKey())
    following = {repr(r.low): r.high for r in ranges if r.zone == zone}
    while repr(wanted) in following:
        wanted = following.pop(repr(wanted))
    return wanted == dict.fromkeys(key, MaxKey())


def missing_ranges(collection: Collection, ranges: Iterable[ZoneRange], shards: int) -> list[ZoneRange]:
    """The ranges to add; none for an unsharded collection, or one that lies in its zone already."""
    present = tuple(ranges)
    if not collection.shard_key or covers(present, collection.segment, collection.shard_key):
        return []
    return [r for r in zone_ranges(collection, shards) if r not in present]


def range_command(part: ZoneRange) -> Document:
    """The command that puts a range into its zone."""
    return {"updateZoneKeyRange": part.namespace, "min": part.low, "max": part.high, "zone": part.zone}
