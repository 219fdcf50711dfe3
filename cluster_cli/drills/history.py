"""The one file of a run: JSON lines, appended while the drill runs, read back for the judgement."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import orjson

from app_core.errors import SwapskillError
from cluster_cli.drills.records import (
    Durability,
    FaultEvent,
    Header,
    Note,
    Op,
    ProbeWrite,
    Record,
    RoleSeen,
    RouteSeen,
)
from infra import utc

KINDS: Mapping[str, type[Any]] = {
    "run": Header,
    "op": Op,
    "fault": FaultEvent,
    "role": RoleSeen,
    "probe": ProbeWrite,
    "durability": Durability,
    "route": RouteSeen,
    "note": Note,
}
NAMES = {kind: name for name, kind in KINDS.items()}
T = TypeVar("T")


class Clock:
    """Run time: monotonic seconds since the run began, and what they are in UTC."""

    def __init__(self) -> None:
        self.started_at = time.time()
        self._zero = time.monotonic()

    def now(self) -> float:
        """Seconds since the run began."""
        return self.run_time(time.monotonic())

    def run_time(self, moment: float) -> float:
        """A moment of the monotonic clock in seconds since the run began."""
        return round(moment - self._zero, 6)


def rfc3339(epoch: float) -> str:
    """An epoch time as RFC 3339 UTC with milliseconds."""
    return utc.rfc3339(datetime.fromtimestamp(epoch, UTC))


def encode(record: Record, started_at: float) -> bytes:
    """One line of the file: the record, its kind, and its time in UTC for people who grep."""
    body: dict[str, Any] = {"kind": NAMES[type(record)]}
    moment = getattr(record, "at", None)
    if moment is None:
        moment = getattr(record, "invoked", 0.0)
    body["utc"] = rfc3339(started_at + moment)
    body.update({f.name: getattr(record, f.name) for f in dataclasses.fields(record)})
    return orjson.dumps(body)


def decode(line: bytes) -> Record:
    """The record of one line; ValueError or TypeError when the line is not one of ours."""
    body: dict[str, Any] = orjson.loads(line)
    kind = KINDS[body.pop("kind")]
    body.pop("utc", None)
    return kind(**body)


class Recorder:
    """Takes records from many threads and appends them to the history file in batches."""

    def __init__(self, path: Path, header: Header) -> None:
        self._header = header
        self._lock = threading.Lock()
        self._pending: list[Record] = []
        self.records: list[Record] = [header]
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(encode(header, header.started_at) + b"\n")

    def add(self, record: Record) -> None:
        """Remember one record; safe from any thread, never waits for the disk."""
        with self._lock:
            self._pending.append(record)
            self.records.append(record)

    def flush(self) -> None:
        """Write what is pending; called by the runner a few times a second and at the end."""
        with self._lock:
            batch, self._pending = self._pending, []
        self._file.write(b"".join(encode(record, self._header.started_at) + b"\n" for record in batch))
        self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        self._file.close()


@dataclass(frozen=True)
class History:
    """All records of a run, by kind, each kind in the order of its time."""

    records: tuple[Record, ...]

    def _of(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(record for record in self.records if isinstance(record, kind))

    @cached_property
    def header(self) -> Header:
        """The run's own line."""
        return self._of(Header)[0]

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """Every attempt, by completion."""
        return tuple(sorted(self._of(Op), key=lambda op: op.completed))

    @cached_property
    def faults(self) -> tuple[FaultEvent, ...]:
        """Every step of every fault."""
        return tuple(sorted(self._of(FaultEvent), key=lambda event: event.at))

    @cached_property
    def roles(self) -> tuple[RoleSeen, ...]:
        """What members said of themselves."""
        return tuple(sorted(self._of(RoleSeen), key=lambda seen: seen.at))

    @cached_property
    def probes(self) -> tuple[ProbeWrite, ...]:
        """The single-writer probe's writes, by completion."""
        return tuple(sorted(self._of(ProbeWrite), key=lambda write: write.completed))

    @cached_property
    def durability(self) -> tuple[Durability, ...]:
        """The durability samples."""
        return tuple(sorted(self._of(Durability), key=lambda sample: sample.at))

    @cached_property
    def routes(self) -> tuple[RouteSeen, ...]:
        """What proxies and routers led to."""
        return tuple(sorted(self._of(RouteSeen), key=lambda seen: seen.at))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """The run's own remarks."""
        return tuple(sorted(self._of(Note), key=lambda note: note.at))

    def event(self, fault: str, name: str) -> FaultEvent | None:
        """The first event of that name of a fault, or None."""
        return next((e for e in self.faults if e.fault == fault and e.event == name), None)

    def noted(self, what: str) -> float | None:
        """When the remark `what` was made, or None."""
        return next((note.at for note in self.notes if note.what == what), None)


def parse(lines: Iterable[bytes]) -> Iterator[Record]:
    """Records of a file; a last line cut short by a kill is dropped, any other bad line is an error."""
    held: tuple[int, bytes] | None = None
    for number, line in enumerate(lines, start=1):
        if held is not None:
            yield _strict(*held)
        held = (number, line)
    if held is not None and held[1].endswith(b"\n"):
        yield _strict(*held)


def _strict(number: int, line: bytes) -> Record:
    try:
        return decode(line)
    except (ValueError, TypeError, KeyError) as error:
        raise SwapskillError("the history cannot be read", on=f"line {number}", why=str(error)) from None


def read(path: Path) -> History:
    """The history in a file."""
    with path.open("rb") as file:
        return History(tuple(parse(file)))
