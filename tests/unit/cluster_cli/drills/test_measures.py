"""Each figure against a table of small histories."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster_cli.drills import faults, measures
from cluster_cli.drills.ledger import Lost
from cluster_cli.drills.measures.acks import Ack
from cluster_cli.drills.measures.landed import Struck
from cluster_cli.drills.measures.phases import Milestones
from cluster_cli.drills.records import FaultEvent, ProbeWrite, Role, RoleSeen


def acks(client: str, *spans: tuple[float, float]) -> list[Ack]:
    """An acknowledgement each 0.1 s in every span."""
    return [
        Ack(round(start + n * 0.1, 3), client)
        for start, stop in spans
        for n in range(round((stop - start) * 10) + 1)
    ]


RTO_CASES = {
    "never stopped": ([acks("a", (0, 40))], 10.0, 0.0, False),
    "a pause of 0.9 s is no interruption": ([acks("a", (0, 10.0), (10.9, 40))], 10.0, 0.0, False),
    "two seconds": ([acks("a", (0, 10), (12, 40))], 10.0, 2.0, True),
    "counted from the proof": ([acks("a", (0, 10), (12, 40))], 10.5, 1.5, True),
    "a short revival does not count": ([acks("a", (0, 10), (12, 13), (16, 40))], 10.0, 6.0, True),
    "five seconds are enough": ([acks("a", (0, 10), (12, 17.2), (20, 40))], 10.0, 2.0, True),
    "a pause counts up to the window's end": ([acks("a", (0, 10), (12, 16.5), (17.9, 40))], 10.0, 2.0, True),
    "every client must be served": ([acks("a", (0, 40)), acks("b", (0, 10), (15, 40))], 10.0, 4.0, True),
    "one client never returns": ([acks("a", (0, 40)), acks("b", (0, 10))], 10.0, None, True),
    "never back": ([acks("a", (0, 10))], 10.0, None, True),
    "back too late to tell": ([acks("a", (0, 10), (36, 40))], 10.0, None, True),
}


@pytest.mark.parametrize(("spans", "landed", "seconds", "interrupted"), RTO_CASES.values(), ids=RTO_CASES)
def test_rto(spans: list[list[Ack]], landed: float, seconds: float | None, interrupted: bool) -> None:
    merged = sorted(ack for client in spans for ack in client)
    found = measures.rto_of(merged, {ack.client for ack in merged}, Struck(landed, landed), 40.0)
    assert (found.seconds, found.interrupted) == (pytest.approx(seconds) if seconds else seconds, interrupted)


OUTAGE = acks("a", (0, 11), (16.3, 40))
"""A pause of 5.3 s."""
EARLY = acks("a", (0, 10), (11.5, 40))
"""Back before the peers notice."""
STRUCK_CASES = {
    "the proof is the recovery": (OUTAGE, Struck(10.0, 16.3, True), 6.3, True),
    "a proof that comes later": (OUTAGE, Struck(10.0, 20.0, True), 6.3, True),
    "good seconds before the outage": (OUTAGE, Struck(4.0, 16.3, True), 12.3, True),
    "a planned one without a pause": (acks("a", (0, 40)), Struck(10.0, 16.3, True), 0.0, False),
    "a pause before the injection": (OUTAGE, Struck(20.0, 21.0, True), 0.0, False),
    "the pause that it falls into, whole": (acks("a", (0, 9.6), (10.7, 40)), Struck(10, 10, True), 0.7, True),
    "over before a crash is proved": (EARLY, Struck(10.0, 14.0), 0.0, True),
    "a crash is counted from its proof": (OUTAGE, Struck(10.0, 12.0), 4.3, True),
}


@pytest.mark.parametrize(
    ("times", "struck", "seconds", "interrupted"), STRUCK_CASES.values(), ids=STRUCK_CASES
)
def test_rto_around_the_injection(
    times: list[Ack], struck: Struck, seconds: float, interrupted: bool
) -> None:
    found = measures.rto_of(times, {"a"}, struck, 40.0)
    assert (found.seconds, found.interrupted) == (pytest.approx(seconds), interrupted)


def brute_force(times: list[list[float]], injected: float, landed: float, until: float) -> float | None:
    """The definition, every acknowledgement tried in turn."""
    for start in sorted(at for one in times for at in one if at > injected):
        end = max(start, landed) + measures.WINDOW
        edges = [[start, *(at for at in one if start < at < end), end] for one in times]
        if end <= until and all(b - a <= 1.0 for one in edges for a, b in pairwise(one)):
            return start
    return None


@given(st.lists(st.lists(st.integers(0, 160).map(lambda n: n / 4), max_size=120), min_size=1, max_size=3))
def test_the_moments_that_are_stepped_over_are_no_recovery(clients: list[list[float]]) -> None:
    merged = sorted(Ack(at, str(n)) for n, times in enumerate(clients) for at in times)
    names = {str(n) for n in range(len(clients))}
    found = measures.rto_of(merged, names, Struck(0.1, 0.2), 40.0)
    if found.interrupted:
        expected = brute_force([sorted(times) for times in clients], 0.1, 0.2, 40.0)
        assert found.restored_at == expected


@given(st.lists(st.floats(0, 40), max_size=60), st.floats(5, 20), st.floats(0, 10), st.booleans())
def test_what_was_never_interrupted_has_no_long_pause(
    at: list[float], injected: float, until_proof: float, planned: bool
) -> None:
    regular = [n * 0.5 for n in range(80) if any(abs(n * 0.5 - moment) > 1 for moment in at[:3])]
    times = [Ack(moment, "a") for moment in sorted([*at, *regular])]
    struck = Struck(injected, injected + until_proof, planned)
    if not measures.rto_of(times, {"a"}, struck, 40.0).interrupted:
        assert measures.max_gap_seconds(times, injected, struck.landed + 5.0) <= 1.0


def test_rto_of_a_path_without_clients_is_unknown() -> None:
    assert measures.rto_of([], [], Struck(10.0, 10.0), 40.0).seconds is None


@pytest.mark.parametrize(
    ("times", "since", "expected"),
    [
        (acks("a", (0, 40)), 10.0, 0.1),
        (acks("a", (0, 10), (13, 40)), 10.5, 3.0),  # whole, from the last ack before the fault
        (acks("a", (0, 5), (9, 40)), 20.0, 0.1),  # a pause before the fault is not the fault's
        (acks("a", (0, 10)), 10.0, 30.0),  # to the load's end
        ([], 10.0, 30.0),
    ],
)
def test_max_gap(times: list[Ack], since: float, expected: float) -> None:
    assert measures.max_gap_seconds(times, since, 40.0) == pytest.approx(expected)


def landed(fault: str, at: float) -> FaultEvent:
    return FaultEvent(at, fault, "landed", "pg1", "seen")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([landed("x", 3.0)], 3.0),
        ([landed("x", 3.0), landed("x", 9.0)], 3.0),
        ([landed("x", 3.0), landed("y", 4.0)], 4.0),
        ([FaultEvent(2.0, "x", "injected", "pg1")], None),
    ],
)
def test_landed_at(events: list[FaultEvent], expected: float | None) -> None:
    assert measures.landed_at(events, {event.fault for event in events}) == expected


def test_one_of_two_unproved_faults_leaves_the_run_unproved() -> None:
    assert measures.landed_at([landed("x", 3.0)], ("x", "y")) is None


def injected(fault: str, at: float) -> FaultEvent:
    return FaultEvent(at, fault, "injected", "pg1")


BOTH = [injected("x", 1.0), injected("y", 1.2), landed("x", 3.0), landed("y", 5.0)]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (("x",), Struck(1.0, 3.0)),  # the proof of the other fault, 2 s later, is no matter of this one
        (("y",), Struck(1.2, 5.0)),
        (("x", "y"), Struck(1.0, 5.0)),  # both hit the domain
        (("x", "z"), None),
        ((), None),
    ],
)
def test_when_the_faults_of_a_domain_struck(faults: tuple[str, ...], expected: Struck | None) -> None:
    assert measures.struck_of(BOTH, faults) == expected


def seen(at: float, member: str, term: int, role: Role = "primary") -> RoleSeen:
    return RoleSeen(at, "social", "exchange-1", member, role, term, at)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([seen(1, "a", 3), seen(12, "b", 4)], 1.5),
        ([seen(1, "a", 3), seen(12, "b", 3)], None),  # the same term is no election
        ([seen(1, "a", 3), seen(12, "b", 4, "secondary")], None),
        ([seen(1, "a", 3), seen(10.2, "b", 4)], 0.0),  # before the proof
        ([seen(12, "b", 4)], None),  # nothing to compare with
    ],
)
def test_election(roles: list[RoleSeen], expected: float | None) -> None:
    assert measures.election_seconds(roles, "exchange-1", Struck(10.0, 10.5)) == expected


def test_an_election_that_is_its_own_proof_is_counted_from_the_injection() -> None:
    roles = [seen(1, "a", 3), seen(12, "b", 4)]
    assert measures.election_seconds(roles, "exchange-1", Struck(10.0, 12.0)) == 0.0
    assert measures.election_seconds(roles, "exchange-1", Struck(10.0, 12.0, True)) == 2.0


@pytest.mark.parametrize("name", ["postgres-switchover", "mongo-stepdown", "mongo-w1-rollback"])
def test_the_drills_whose_proof_is_a_new_primary(name: str) -> None:
    assert faults.fault(name).proof_is_recovery
    assert not any(fault.proof_is_recovery for fault in faults.drill("both-primaries-crash").faults)


@pytest.mark.parametrize(("lost_at", "expected"), [([], 0.0), ([9.0], 1.0), ([9.0, 4.0], 6.0), ([11.0], 0.0)])
def test_rpo(lost_at: list[float], expected: float) -> None:
    assert measures.rpo_seconds([Lost("v", "t", at) for at in lost_at], 10.0) == expected


def write(at: float, member: str, term: int, *, durable: bool = False) -> ProbeWrite:
    return ProbeWrite("social", "exchange-1", member, term, durable, at, at + 0.1, "acked")


@pytest.mark.parametrize(
    ("roles", "probes", "expected"),
    [
        ([], [], 0.0),
        ([seen(13.0, "a", 3)], [], 1.0),  # still answers as primary of the old term
        ([seen(13.0, "a", 5)], [], 0.0),  # elected again, not stale
        ([], [write(13.0, "a", 3)], 1.1),
        ([], [write(13.0, "a", 3, durable=True)], 0.0),  # another check judges those
        ([seen(11.0, "a", 3)], [write(11.5, "a", 3)], 0.0),  # before the successor
    ],
)
def test_stale_primary(roles: list[RoleSeen], probes: list[ProbeWrite], expected: float) -> None:
    successor = seen(12.0, "b", 4)
    found = measures.stale_primary_seconds([*roles, successor], probes, successor)
    assert found == pytest.approx(expected)


moments = st.none() | st.floats(0, 200)


@given(st.floats(0, 50), st.floats(0, 100), moments, moments, moments)
def test_phases_always_sum_to_the_rto(
    start: float, length: float, acted: float | None, elected: float | None, routed: float | None
) -> None:
    phases = measures.phases_of(start, start + length, Milestones(acted, elected, routed))
    assert phases.total == pytest.approx(length, abs=1e-4)
    assert min(phases.detect, phases.elect_or_promote, phases.route, phases.first_ack) >= 0


def test_phases_at_their_milestones() -> None:
    phases = measures.phases_of(10.0, 13.0, Milestones(10.5, 11.5, 12.0))
    assert (phases.detect, phases.elect_or_promote, phases.route, phases.first_ack) == (0.5, 1.0, 0.5, 1.0)
