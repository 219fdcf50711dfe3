"""When a run lifts its faults, when it ends, and when it must be stopped. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from cluster_cli.drills.records import Domain

BEFORE = AFTER = 20.0
"""Seconds of load before and after the fault in a default drill."""
LATEST_OFFSET = 2.0
"""Seconds by which the load before the fault is longer at most, by the seed: two periods of Patroni's loop,
one of MongoDB's heartbeats, so that the seeds meet them in different places."""
ENOUGH_ACKS = 5000
"""Acknowledgements on the affected path after which a default drill may end."""
LONGEST = 180.0
"""Seconds of load after which a default drill ends even with fewer."""
GRACE = 30.0
"""Seconds beyond the case's RTO for which a path that is down is still watched."""
NO_PROMISE_RTO = 60.0
"""The RTO that is waited for in a domain that the case promises none."""
SETTLE = 6.0
"""Seconds of load after the undo: what a member that rejoins does to the path is part of the drill."""


@dataclass(frozen=True)
class Course:
    """How long a run goes on. Times in seconds."""

    before: float = BEFORE
    after: float = AFTER
    enough: int = ENOUGH_ACKS
    longest: float = LONGEST
    rtos: Mapping[Domain, float] = field(default_factory=dict[Domain, float])
    """Each affected domain's RTO in the case."""
    hold: float | None = None
    """Seconds from the proof to the undo; None: until the path has recovered."""

    @classmethod
    def of(
        cls, duration: float | None, promised: Mapping[Domain, float | None], hold: float | None
    ) -> Course:
        """The default course, or one of a given length: half of it before the fault, half after.

        promised: the RTO of each affected domain; None where the case promises none.
        """
        rtos: dict[Domain, float] = {
            domain: NO_PROMISE_RTO if rto is None else rto for domain, rto in promised.items()
        }
        if duration is None:
            return cls(rtos=rtos, hold=hold)
        half = duration / 2
        return cls(before=half, after=half, enough=0, longest=duration, rtos=rtos, hold=hold)

    def until_fault(self, chance: random.Random) -> float:
        """Seconds of load before the fault: `before`, and an offset by the seed that only makes it longer."""
        return self.before + chance.uniform(0.0, LATEST_OFFSET)


@dataclass(frozen=True)
class Progress:
    """How far a run has come; times are run seconds, None: not yet."""

    now: float
    began: float
    struck: Mapping[Domain, float]
    """When the faults of each affected domain were proved."""
    restored: Mapping[Domain, float]
    """Since when a domain's affected paths are served again; without those that are not."""
    lifted: float | None
    acks: int
    """On the affected path with the fewest."""

    @property
    def landed(self) -> float:
        """When the last fault was proved."""
        return max(self.struck.values())

    @property
    def recovered(self) -> float | None:
        """Since when every affected path is served again."""
        return None if self.struck.keys() - self.restored.keys() else max(self.restored.values())


def should_lift(course: Course, progress: Progress) -> bool:
    """Whether the faults are to be undone now."""
    if progress.lifted is not None:
        return False
    if course.hold is not None:
        return progress.now >= progress.landed + course.hold
    return progress.recovered is not None


def is_over(course: Course, progress: Progress) -> bool:
    """Whether the load has seen enough: recovery, the undo and what follows it, and enough acks."""
    if progress.recovered is None or progress.lifted is None:
        return False
    least = max(progress.landed + course.after, progress.recovered + SETTLE, progress.lifted + SETTLE)
    if progress.now < least:
        return False
    return progress.acks >= course.enough or progress.now - progress.began >= course.longest


def hurt_elsewhere(errors: Mapping[str, int]) -> str | None:
    """Why the faults must be lifted at once, proved or not; `errors`: see `stop_reason`."""
    hurt = sorted((path, count) for path, count in errors.items() if count)
    if not hurt:
        return None
    return "an unaffected path failed: " + ", ".join(f"{path}: {count} writes" for path, count in hurt)


def stop_reason(course: Course, progress: Progress, errors: Mapping[str, int]) -> str | None:
    """Why the run must be stopped and its faults lifted at once; None to go on.

    `errors`: failed writes by path, on paths that the faults must not hit.
    """
    if (hurt := hurt_elsewhere(errors)) is not None:
        return hurt
    for domain, rto in course.rtos.items():
        waited = progress.now - progress.struck[domain] - (course.hold or 0.0)
        if domain not in progress.restored and waited > rto + GRACE:
            return f"{domain}: writes are not back after {waited:.0f} s (RTO {rto:g} s + {GRACE:g} s)"
    return None


def waits_for(course: Course, progress: Progress) -> str:
    """What a run that is not over waits for, in words for who watches it."""
    if progress.recovered is None:
        missing = ", ".join(sorted(progress.struck.keys() - progress.restored.keys()))
        return f"{missing}: writes are not back, {progress.now - progress.landed:.0f} s after the fault"
    if progress.acks < course.enough:
        left = max(0.0, course.longest - (progress.now - progress.began))
        return (
            f"the load goes on: {progress.acks:,} of {course.enough:,} acknowledged writes, "
            f"at most {left:.0f} s more"
        )
    return "the load goes on"
