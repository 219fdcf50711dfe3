"""Which member serves a read preference. Pure: works on the members' states."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from infra.router.bsonraw import is_document
from infra.router.errors import CommandError

_MODES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
_SMALLEST_STALENESS = 90


class HasState(Protocol):
    """What selection must know of a member."""

    @property
    def kind(self) -> str:
        """primary, secondary, other or unknown."""
        ...

    @property
    def state(self) -> Any:
        """Tags and times."""
        ...


M = TypeVar("M", bound=HasState)


@dataclass(frozen=True)
class ReadPreference:
    """Mode, tag sets and the largest allowed staleness in seconds."""

    mode: str = "primary"
    tags: tuple[tuple[tuple[str, str], ...], ...] = ()
    max_staleness: int | None = None


PRIMARY = ReadPreference()
PRIMARY_PREFERRED = ReadPreference("primaryPreferred")


def parse_preference(value: Any) -> ReadPreference:
    """`$readPreference` of a command; CommandError for one that no server accepts."""
    if value is None:
        return PRIMARY
    if not is_document(value) or value.get("mode", "primary") not in _MODES:
        raise CommandError(9, f"Could not parse $readPreference: {value!r}")
    mode = value.get("mode", "primary")
    tags = tuple(
        tuple(sorted((k, str(v)) for k, v in tag_set.items())) for tag_set in value.get("tags") or ()
    )
    staleness = value.get("maxStalenessSeconds")
    staleness = int(staleness) if staleness is not None and staleness > 0 else None
    _check(mode, tags, staleness)
    return ReadPreference(mode, tags, staleness)


def _check(mode: str, tags: tuple[Any, ...], staleness: int | None) -> None:
    if mode == "primary" and (any(tags) or staleness):
        raise CommandError(
            2, "Only empty tags and no maxStalenessSeconds are allowed with primary read preference"
        )
    if staleness is not None and staleness < _SMALLEST_STALENESS:
        raise CommandError(160, f"maxStalenessSeconds value can not be less than {_SMALLEST_STALENESS}")


def choose(members: Sequence[M], preference: ReadPreference) -> M | None:
    """A member that fits the preference, at random among equals; None when there is none."""
    primary = [m for m in members if m.kind == "primary"]
    secondaries = [m for m in members if m.kind == "secondary"]
    mode = preference.mode
    if mode == "primary" or (mode == "primaryPreferred" and primary):
        return primary[0] if primary else None
    candidates = primary + secondaries if mode == "nearest" else secondaries
    fitting = _tagged(_fresh(candidates, primary, preference), preference)
    if fitting:
        return random.choice(fitting)
    return primary[0] if primary and mode == "secondaryPreferred" else None


def _fresh(candidates: list[M], primary: list[M], preference: ReadPreference) -> list[M]:
    if preference.max_staleness is None or not candidates:
        return candidates
    reference = primary or candidates
    newest = max(m.state.last_write_ms for m in reference)
    limit = preference.max_staleness * 1000
    return [m for m in candidates if newest - m.state.last_write_ms <= limit]


def _tagged(candidates: list[M], preference: ReadPreference) -> list[M]:
    if not preference.tags:
        return candidates
    for wanted in preference.tags:
        fitting = [m for m in candidates if all(m.state.tags.get(k) == v for k, v in wanted)]
        if fitting:
            return fitting
    return []
