"""What pruning did, batch by batch, and the brake that waits for the replicas."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from pymongo.errors import ConnectionFailure, PyMongoError

from app_core.errors import SwapskillError, TimedOutError
from cluster_cli.engines.mongodb.clients import server_words
from cluster_cli.engines.postgresql.connect import lost
from cluster_cli.schema.retention_plan import Ending

Progress = Callable[[str], None]
PAUSE_LIMIT_S = 600.0
"""How long the replicas may keep it waiting before it gives up."""
_LOOK_S = 0.5
_BEHIND, _AGAIN = "the replicas do not catch up", "swapctl lag, then again"


@dataclass(frozen=True)
class Pruned:
    """What was (with a dry run: would be) ended of one collection, table or partition.

    kept: `count` rows keep a month that is over; failed: it ended there, and the next run goes on; paused:
    replicas stayed behind, so the rest of the domain is left to the next run. reason says why.
    """

    object: str
    action: Literal["deleted", "detached", "kept", "failed", "paused"]
    before: datetime
    count: int
    batches: int
    reason: str


@dataclass
class Brake:
    """Lets a batch go on only while no replica of the domain is further behind than `limit` seconds."""

    late: Callable[[], list[str]]
    progress: Progress
    pause_limit: float = PAUSE_LIMIT_S
    look: float = _LOOK_S
    paused: int = 0

    def wait(self) -> None:
        """Return when the replicas have caught up; TimedOutError with the last reason when they do not."""
        end = time.monotonic() + self.pause_limit
        reasons = self.late()
        if reasons:
            self.paused += 1
            self.progress(f"paused: {'; '.join(reasons)}")
        while reasons:
            if time.monotonic() > end:
                raise TimedOutError(_BEHIND, why="; ".join(reasons), hint=_AGAIN)
            time.sleep(self.look)
            reasons = self.late()


def report(
    ending: Ending, batches: Iterator[int], stop: Brake, progress: Progress, dry_run: bool
) -> list[Pruned]:
    """Run the batches of one ending and say what came of them; what fails or is held up is told as such."""
    count = number = 0
    failed: list[Pruned] = []
    held: list[Pruned] = []
    try:
        for removed in batches:
            count, number = count + removed, number + 1
            if not dry_run:
                progress(f"{ending.name}: {count} deleted")
                held = pause(stop, ending.name, ending.before)
            if held:
                break
    except (psycopg.Error, PyMongoError) as error:
        why = why_failed(error)
        progress(f"{ending.name}: {why}")
        failed = [Pruned(ending.name, "failed", ending.before, 0, 0, why)]
    done = [Pruned(ending.name, "deleted", ending.before, count, number, ending.reason)] if count else []
    return [*done, *held, *failed]


def pause(stop: Brake, name: str, before: datetime) -> list[Pruned]:
    """Wait for the replicas; where they stay behind, what is told of the object."""
    try:
        stop.wait()
    except TimedOutError as error:
        return [Pruned(name, "paused", before, 0, 0, error.why or error.what)]
    return []


def until_held(parts: Iterable[list[Pruned]]) -> list[Pruned]:
    """What came of the parts of a domain; after one that the replicas held up none is begun."""
    found: list[Pruned] = []
    for part in parts:
        found += part
        if any(one.action == "paused" for one in part):
            break
    return found


def why_failed(error: psycopg.Error | PyMongoError) -> str:
    """The server's words. Raises the error again where no server is left to say any."""
    if isinstance(error, PyMongoError):
        if isinstance(error, ConnectionFailure):
            raise error
        return server_words(error)
    if error.diag.message_primary is None or lost(error):
        raise error
    return error.diag.message_primary


def refuse_failures(found: Iterable[Pruned]) -> None:
    """Raises SwapskillError when something could not be ended, TimedOutError when replicas held it up."""
    told = list(found)
    failed = [one for one in told if one.action == "failed"]
    if failed:
        raise SwapskillError(
            f"pruning failed at {len(failed)} of {len(told)}",
            on=", ".join(one.object for one in failed),
            why=failed[0].reason,
            hint="swapctl schema diff",
        )
    held = [one for one in told if one.action == "paused"]
    if held:
        raise TimedOutError(
            _BEHIND, on=", ".join(one.object for one in held), why=held[0].reason, hint=_AGAIN
        )
