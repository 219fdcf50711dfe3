"""The part of a run in which time passes: load, fault, recovery, undo, read-back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cluster_cli.drills import gather, measures
from cluster_cli.drills.checks.single_writer import PROBER_CRASHED
from cluster_cli.drills.course import Course, Progress, is_over, should_lift, stop_reason, waits_for
from cluster_cli.drills.evidence import Health, References
from cluster_cli.drills.history import History
from cluster_cli.drills.ledger import ReadBack
from cluster_cli.drills.load import Load
from cluster_cli.drills.measures import Struck
from cluster_cli.drills.probes.base import Probers
from cluster_cli.drills.probes.of_run import probers_of
from cluster_cli.drills.proofs import await_proofs
from cluster_cli.drills.read_back import read_back
from cluster_cli.drills.records import Domain
from cluster_cli.drills.run_state import Run
from cluster_cli.drills.site import Site
from cluster_cli.drills.strike import Strike
from cluster_cli.drills.workloads.base import Client
from cluster_cli.engines.model import ClusterStatus
from cluster_cli.interrupts import held_back

POLL = 0.25
"""Seconds between two looks at how far the run has come."""
PULSE = 15.0
"""Seconds between two words about what the run waits for."""
ASIDE_SLOWNESS = 3
"""How many times longer the clients of a domain rest that no fault hits."""
HEALTH_PATIENCE = 90.0
NO_UNDO_PATIENCE = 5.0
"""With sabotage `no-undo` nobody expects full health: look once, do not wait for it."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Observed:
    """What remains when the load is over."""

    strikes: Sequence[Strike]
    health: Health
    after: ClusterStatus | None
    back: ReadBack
    references: References | None


def observe(current: Run, say: Say) -> Observed:
    """Load, fault, recovery and read-back."""
    for workload in current.workloads:
        workload.prepare()
    clients = [client for workload in current.workloads for client in workload.clients()]
    load = Load(
        clients,
        current.recorder,
        current.clock,
        slowness=lambda client: _slowness(current, client),
        chance=lambda client: current.plan.random("rests", client.name),
    )
    probes = probers_of(current, Site(current.ctx))
    strikes = [
        Strike(current.ctx, fault, target, current.plan, current.recorder, current.clock)
        for fault, target in zip(current.request.drill.faults, current.targets, strict=True)
    ]
    try:
        for group in probes:
            group.start()
        load.start()
        _drive(current, load, strikes, say)
    finally:
        try:
            _lift(strikes, keep=current.plan.sabotage == "no-undo")
        finally:
            _end(current, load, probes)
    say("waiting for full health")
    health, status = gather.wait_healthy(
        current.ctx, NO_UNDO_PATIENCE if current.plan.sabotage == "no-undo" else HEALTH_PATIENCE
    )
    say("reading every write back")
    ops = History(tuple(current.recorder.records)).ops
    back = read_back(current.workloads, ops)
    say("following every reference that was written")
    return Observed(strikes, health, status, back, gather.references(current.ctx, current.plan))


def _end(current: Run, load: Load, probes: Sequence[Probers]) -> None:
    """The load and the probers end, and what crashed of them is remarked."""
    current.note("load ended")
    load.stop()
    current.recorder.flush()
    for group in probes:
        group.stop()
        for crash in group.crashes:
            current.note(f"{PROBER_CRASHED}: {crash}")


def _slowness(current: Run, client: Client) -> float:
    """The domain that no fault hits is watched, not measured: both share one machine."""
    return 1 if client.domain in current.affected else ASIDE_SLOWNESS


def _drive(current: Run, load: Load, strikes: Sequence[Strike], say: Say) -> None:
    """From the first write to the moment when the run has seen enough."""
    request = current.request
    promised: dict[Domain, float | None] = {d: current.promises[d].rto for d in current.affected}
    course = Course.of(request.duration, promised, request.drill.hold)
    began = current.note("load began")
    before = course.until_fault(current.plan.random("injection"))
    say(f"load for {before:.1f} s before the fault")
    _wait(current, began + before)
    names = ", ".join(f"{strike.fault.name} on {strike.target.words}" for strike in strikes)
    say(f"fault: {names}")
    failures = dict(load.failures)
    for strike in strikes:
        strike.begin()
    current.stopped = await_proofs(
        strikes, lambda: _errors_elsewhere(current, load, failures), current.recorder.flush
    )
    if current.stopped is not None:
        say(f"stopped before the proof: {current.stopped}")
        return
    struck = current.struck()
    if len(struck) < len(current.affected):
        say("no proof that the fault landed: the run is invalid")
        return
    say(f"landed after {max(one.landed - one.injected for one in struck.values()):.2f} s")
    _watch(current, load, strikes, course, (began, struck), failures, say)


def _wait(current: Run, until: float) -> None:
    while current.clock.now() < until:
        current.recorder.flush()
        time.sleep(min(POLL, max(0.0, until - current.clock.now())))


def _watch(
    current: Run,
    load: Load,
    strikes: Sequence[Strike],
    course: Course,
    since: tuple[float, Mapping[Domain, Struck]],
    failures: Mapping[tuple[Domain, str], int],
    say: Say,
) -> None:
    began, struck = since
    landed: dict[Domain, float] = {domain: one.landed for domain, one in struck.items()}
    restored: dict[Domain, float] = {}
    lifted: float | None = None
    told = current.clock.now()
    while True:
        now = current.clock.now()
        for domain, one in struck.items():
            if domain not in restored:
                _look(current, load, (domain, one), restored, say)
        progress = Progress(now, began, landed, restored, lifted, _fewest_acks(current, load))
        current.stopped = stop_reason(course, progress, _errors_elsewhere(current, load, failures))
        if current.stopped is not None:
            say(f"stopped: {current.stopped}")
            return
        if should_lift(course, progress):
            say("undoing the fault")
            _lift(strikes, keep=current.plan.sabotage == "no-undo")
            lifted = current.clock.now()
            if course.hold is not None:
                restored.clear()
        if is_over(course, progress):
            return
        if now - told >= PULSE:
            say(waits_for(course, progress))
            told = now
        current.recorder.flush()
        time.sleep(POLL)


def _look(
    current: Run, load: Load, hit: tuple[Domain, Struck], restored: dict[Domain, float], say: Say
) -> None:
    """Note since when a domain's affected paths are served again, once they are."""
    domain, struck = hit
    paths = current.affected[domain]
    acks = load.acked(domain, paths, struck.injected - measures.WINDOW)
    rto = measures.rto_of(acks, load.clients_of(domain, paths), struck, current.clock.now())
    if rto.restored_at is None:
        return
    restored[domain] = rto.restored_at
    back = f"writes are back, {rto.seconds:.2f} s after the fault"
    say(f"{domain}: {back if rto.interrupted else 'writes never stopped'}")


def _fewest_acks(current: Run, load: Load) -> int:
    return min((load.count(domain, paths) for domain, paths in current.affected.items()), default=0)


def _errors_elsewhere(current: Run, load: Load, before: Mapping[tuple[Domain, str], int]) -> dict[str, int]:
    affected = current.affected
    return {
        path: count - before.get((domain, path), 0)
        for (domain, path), count in tuple(load.failures.items())
        if path not in affected.get(domain, frozenset())
    }


def _lift(strikes: Sequence[Strike], *, keep: bool) -> None:
    """Undo what was injected and not yet lifted, the last first; `keep` leaves it on purpose.

    An undo that was cut half-way would leave a cluster that nobody drilled: Ctrl-C waits for it. Whatever is
    wrong with one fault, the others are lifted; then the first error is raised.
    """
    if keep:
        return
    errors: list[Exception] = []
    with held_back():
        for strike in reversed(strikes):
            try:
                strike.lift()
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
