"""Parses the engines' log lines: each format gives a time and a text; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# at the start of the line, or of the first value in it that begins with a digit, where the line is JSON
_ISO = re.compile(
    r"(?:\{[^0-9]{1,40}\")?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_GLOG = re.compile(r"[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d)\.(\d{6})")
_CLOCK_ERROR = timedelta(days=1)
_YEARS = 9  # between two 29ths of February there may be eight
_ROLE_CHANGES = (
    "transition to primary complete",
    "transition to secondary",
    "election succeeded",
    "stepping down from primary",
    "replica set state transition",
    "promoted self to leader",
    "acquired session lock as a leader",
    "demoting self",
    "received promote request",
    "selected new timeline id",
    "elected leader",
    "became leader",
    "lost leader",
)


@dataclass(frozen=True)
class Line:
    """One log line. `at`: UTC; `role_change`: it tells that a role moved."""

    at: datetime
    member: str
    text: str
    role_change: bool = False


def parse(member: str, raw: Iterable[str], zone_offset: timedelta = timedelta(0)) -> Iterator[Line]:
    """Lines with their times; a line without one continues the line before it (a stack, a detail).

    `zone_offset`: local time minus UTC, for formats that print local time without saying so.
    Lines before the first time are dropped.
    """
    last: datetime | None = None
    for text in raw:
        stripped = text.rstrip("\n")
        found = _time_of(stripped, zone_offset)
        last = found or last
        if last is not None and stripped:
            yield Line(last, member, _message(stripped), _is_role_change(stripped))


def merge(sources: Iterable[Iterable[Line]]) -> list[Line]:
    """All lines in order of time; lines of one source keep their order."""
    return sorted((line for source in sources for line in source), key=lambda line: line.at)


def _is_role_change(text: str) -> bool:
    lowered = text.lower()
    return any(mark in lowered for mark in _ROLE_CHANGES)


def _message(text: str) -> str:
    """A JSON line (mongod, etcd) as words; any other line as it is."""
    if not text.startswith("{"):
        return text
    try:
        record = json.loads(text)
    except ValueError:
        return text
    if "msg" not in record:
        return text
    severity = record.get("s") or record.get("level") or ""
    details = record.get("attr") or {k: v for k, v in record.items() if k not in _ENVELOPE}
    rest = " " + json.dumps(details, default=str, separators=(",", ":")) if details else ""
    return f"{severity} {record.get('c', '')} {record['msg']}{rest}".replace("  ", " ").strip()


_ENVELOPE = frozenset({"msg", "level", "ts", "caller", "s", "c", "t", "id", "ctx"})


def _time_of(text: str, zone_offset: timedelta) -> datetime | None:
    readers: tuple[Callable[[str, timedelta], datetime | None], ...] = (
        _iso_time,
        _glog_time,
    )
    for reader in readers:
        found = reader(text, zone_offset)
        if found is not None:
            return found
    return None


def _iso_time(text: str, zone_offset: timedelta) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    date, clock, fraction, zone = match.groups()
    moment = _moment(f"{date}T{clock}.{(fraction or '0')[:6]:0<6}")
    if moment is None:
        return None
    return moment - (zone_offset if zone is None else _offset(zone))


def _moment(text: str) -> datetime | None:
    """The moment, in UTC; None for digits that are none, such as a thirteenth month."""
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def _offset(zone: str) -> timedelta:
    if zone in ("Z", "UTC"):
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))


def _glog_time(text: str, zone_offset: timedelta) -> datetime | None:
    match = _GLOG.match(text)
    if match is None:
        return None
    month, day, clock, micros = match.groups()
    latest = datetime.now(UTC) + _CLOCK_ERROR
    for year in range(latest.year, latest.year - _YEARS, -1):  # the format has none: the last that was
        moment = _moment(f"{year}-{month}-{day}T{clock}.{micros}")
        if moment is not None and moment - zone_offset <= latest:
            return moment - zone_offset
    return None
