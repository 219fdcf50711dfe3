"""Each check passes on the recorded run, and fails on the run that it exists for (its inversion)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cluster_cli.drills import checks
from cluster_cli.drills.checks import Check, Finding, registry
from cluster_cli.drills.checks.single_writer import PROBER_CRASHED
from cluster_cli.drills.evidence import Claims, Evidence, Health, Promise, References, Rollback
from cluster_cli.drills.faults._fault import NOT_NOTICED
from cluster_cli.drills.records import Durability, FaultEvent, Note, Op, ProbeWrite, Record, RoleSeen
from cluster_cli.schema.orphans import Orphans
from tests.unit.cluster_cli.drills import recorded

CHECKS = {check.name: check for check in registry()}


def lost(value: str) -> Evidence:
    return recorded.evidence(back=recorded.without(recorded.stored(recorded.records()), value))


def stored_twice() -> Evidence:
    back = recorded.stored(recorded.records())
    return recorded.evidence(back=replace(back, found={**back.found, ("sessions", "ses-0-1"): 2}))


def ghost() -> Evidence:
    back = recorded.stored(recorded.records())
    return recorded.evidence(back=replace(back, found={**back.found, ("sessions", "never-sent"): 1}))


def refused_but_there() -> Evidence:
    op = Op("ses-0", "social", "exchange-1", "majority", "sessions", "refused", 1, 5.0, 5.1, "refused")
    back = recorded.stored(recorded.records())
    back = replace(back, found={**back.found, ("sessions", "refused"): 1})
    return recorded.evidence([*recorded.records(), op], back)


def half_booked() -> Evidence:
    back = recorded.stored(recorded.records())
    return recorded.evidence(back=replace(back, legs={**back.legs, "pay-0-1": 1}))


def booked_under_two_ids() -> Evidence:
    """Sent again under a new id: two transfers, each with two entries, and every balance adds up."""
    back = recorded.stored(recorded.records())
    found = {**back.found, ("transfer", "pay-0-1"): 2}
    return recorded.evidence(back=replace(back, found=found, legs={**back.legs, "pay-0-1": 4}))


def uneven() -> Evidence:
    back = recorded.stored(recorded.records())
    return recorded.evidence(back=replace(back, balances={**back.balances, "a": 0}))


def weakly_written() -> Evidence:
    weak = [
        replace(r, detail={"concern": "1"}) if isinstance(r, Op) and r.target == "sessions" else r
        for r in recorded.records()
    ]
    return recorded.evidence(weak)


def test_a_load_that_says_no_concern_proves_none() -> None:
    mute = [replace(r, detail={}) if isinstance(r, Op) else r for r in recorded.records()]
    assert CHECKS["write-concern"].run(recorded.evidence(mute)).result == "unknown"


def two_writers() -> Evidence:
    late = [ProbeWrite("payments", "payments", "pg1", 1, True, at, at + 0.01, "acked") for at in (22.0, 22.5)]
    return recorded.evidence([*recorded.records(), *late])


def two_primaries() -> Evidence:
    twin = RoleSeen(22.0, "social", "exchange-1", "exchange-1-c", "primary", 2, 22.0)
    return recorded.evidence([*recorded.records(), twin])


def noticed_elsewhere() -> Evidence:
    op = Op("usr-0", "social", "members-1", "majority", "users", "u", 1, 21.0, 21.1, "indeterminate", "133")
    return recorded.evidence([*recorded.records(), op])


def left_behind() -> Evidence:
    kept = [r for r in recorded.records() if not (isinstance(r, FaultEvent) and r.event == "lifted")]
    return recorded.evidence(kept)


def sick() -> Evidence:
    return replace(recorded.evidence(), health=Health(False, ("pg1 is down",)))


def rolled_back(files: frozenset[str], died: float) -> Evidence:
    """`msg-0-390` (acknowledged at 19.505 s) is lost; the old primary died around `died` seconds."""
    return replace(lost("msg-0-390"), rollback=Rollback(files, (died, died + 0.02)))


def orphaned(value: str, times: int = 1) -> References:
    """So many references of the run lead to a value that is not there."""
    found = Orphans(recorded.TALK, 1800, times, (f"m -> {value}",), {value: times})
    return References(True, (found,))


def orphan() -> Evidence:
    return replace(recorded.evidence(), references=orphaned("nobody"))


def orphan_of_a_durable_write() -> Evidence:
    """The meeting was acknowledged by the majority: its loss excuses nothing."""
    return replace(lost("ses-0-1"), references=orphaned("ses-0-1"))


def claiming(claims: Claims, found: list[Record] | None = None) -> Evidence:
    """The recorded run (payments pause for 2 s, each client fails once), judged by claims for payments."""
    return replace(recorded.evidence(found), claims={"payments": claims})


def calm(records: list[Record]) -> list[Record]:
    """The same run without failed attempts and with its primaries left alone."""
    return [
        r
        for r in records
        if not (isinstance(r, Op) and r.outcome != "acked") and not (isinstance(r, RoleSeen) and r.term > 1)
    ]


def one_client_cut_off() -> list[Record]:
    """From the crash on, one of two clients is not served for 6 s: the path as a whole never pauses."""
    return [
        r
        for r in recorded.records()
        if not (isinstance(r, Op) and r.client == "pay-1" and 22.0 <= r.completed < 26.0)
    ]


def failed_at(moment: float) -> Op:
    return Op(
        "pay-0", "payments", "payments", "sync", "transfer", "f", 1, moment, moment + 0.1, "refused", "08006"
    )


INVERSIONS: dict[str, list[Callable[[], Evidence]]] = {
    "no-lost-acks": [lambda: lost("ses-0-1"), lambda: lost("pay-1-3")],
    "no-duplicates": [stored_twice],
    "no-phantoms": [ghost, refused_but_there],
    "transfers-once": [half_booked, booked_under_two_ids, uneven],
    "single-writer": [two_writers, two_primaries],
    "unaffected-path": [noticed_elsewhere],
    "recovered": [left_behind, sick],
    "write-concern": [weakly_written],
    "no-orphans": [orphan, orphan_of_a_durable_write],
    "claimed-impact": [
        lambda: claiming(Claims(longest_pause=1.9)),
        lambda: claiming(Claims(longest_pause=5.0), one_client_cut_off()),
        lambda: claiming(Claims(failed_attempts=0)),
        lambda: claiming(Claims(failed_attempts=1), [*recorded.records(), failed_at(25.0)]),
        lambda: claiming(Claims(failover=False)),
        lambda: claiming(Claims(degrades=True)),  # every sign of the recorded run says `sync`
    ],
    "lost-accounted": [
        lambda: rolled_back(frozenset(), 20.0),
        lambda: rolled_back(frozenset(), 5.0),  # acknowledged by somebody 14.5 s after the old primary died
    ],
}


@pytest.mark.parametrize("check", registry(), ids=lambda check: check.name)
def test_passes_on_the_recorded_run(check: Check) -> None:
    good = recorded.evidence()
    if check.name == "lost-accounted":
        good = rolled_back(frozenset({"msg-0-390"}), 20.0)
    if check.name == "claimed-impact":
        good = claiming(NOT_NOTICED, calm(recorded.records()))
    assert check.applies(good)
    assert checks.run_one(check, good)[1].result == "pass"


@pytest.mark.parametrize("check", registry(), ids=lambda check: check.name)
def test_every_check_has_an_inversion_that_turns_it_red(check: Check) -> None:
    for broken in INVERSIONS[check.name]:
        finding = checks.run_one(check, broken())[1]
        assert finding.result == "fail", finding


@pytest.mark.parametrize("check", registry(), ids=lambda check: check.name)
def test_every_check_says_what_it_proves(check: Check) -> None:
    assert check.proves.endswith(".")


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        # paused for 7 s before the fault as well
        (
            Claims(longest_pause=1.9),
            [r for r in recorded.records() if not (isinstance(r, Op) and 5.0 <= r.completed < 12.0)],
        ),
        (Claims(failed_attempts=0), [*recorded.records(), failed_at(5.0)]),
        # no prober saw who led
        (Claims(failover=False), [r for r in recorded.records() if not isinstance(r, RoleSeen)]),
    ],
)
def test_a_path_that_was_not_calm_before_the_fault_shows_nothing(claims: Claims, found: list[Record]) -> None:
    assert CHECKS["claimed-impact"].run(claiming(claims, found)).result == "unknown"


def degraded_at(moment: float) -> list[Record]:
    """The recorded run, with the synchronous standby given up for an instant."""
    return [*recorded.records(), Durability(moment, "pg1", "degraded")]


def test_a_degraded_acknowledgement_after_the_proof_is_what_was_claimed() -> None:
    found = CHECKS["claimed-impact"].run(claiming(Claims(degrades=True), degraded_at(25.0)))
    assert found.result == "pass"
    assert "acknowledgements after the proof were `degraded`" in found.reason


def test_one_from_before_the_proof_is_not() -> None:
    assert CHECKS["claimed-impact"].run(claiming(Claims(degrades=True), degraded_at(10.0))).result == "fail"


def test_without_an_acknowledgement_after_the_proof_nothing_can_be_degraded() -> None:
    silent = [r for r in recorded.records() if not (isinstance(r, Op) and r.completed > recorded.LANDED)]
    assert CHECKS["claimed-impact"].run(claiming(Claims(degrades=True), silent)).result == "unknown"


def test_a_broken_claim_is_worse_than_one_that_nobody_can_judge() -> None:
    both = claiming(Claims(longest_pause=1.9, failed_attempts=0), [*recorded.records(), failed_at(5.0)])
    result, reason = CHECKS["claimed-impact"].run(both)
    assert (result, "a client waited up to 2.0 s, at most 1.9 s are claimed" in reason) == ("fail", True)
    assert "failed attempts" not in reason


def test_what_fails_on_another_path_breaks_no_claim() -> None:
    elsewhere = replace(failed_at(25.0), domain="social", path="members-1")
    good = claiming(Claims(failed_attempts=0), [*calm(recorded.records()), elsewhere])
    assert CHECKS["claimed-impact"].run(good).result == "pass"


def test_a_drill_that_claims_no_limit_is_not_judged_by_one() -> None:
    assert not CHECKS["claimed-impact"].applies(claiming(Claims(failover=True)))


def test_a_lost_write_of_the_last_journal_interval_is_in_no_file() -> None:
    assert CHECKS["lost-accounted"].run(rolled_back(frozenset(), 19.55)).result == "pass"


def test_an_answer_that_was_on_its_way_when_the_old_primary_died_is_accounted_for() -> None:
    assert CHECKS["lost-accounted"].run(rolled_back(frozenset(), 19.1)).result == "pass"
    assert CHECKS["lost-accounted"].run(rolled_back(frozenset(), 18.9)).result == "fail"


def test_without_a_kill_no_loss_can_be_accounted_for() -> None:
    unhurt = replace(lost("msg-0-390"), rollback=Rollback(frozenset()))
    assert CHECKS["lost-accounted"].run(unhurt).result == "unknown"


def test_what_refers_to_a_lost_w1_write_is_said_and_no_orphan() -> None:
    finding = CHECKS["no-orphans"].run(replace(lost("msg-0-390"), references=orphaned("msg-0-390", 2)))
    assert finding == ("pass", "1800 references followed, 2 of them to w:1 writes that were lost, no orphan")


@pytest.mark.parametrize("scan", [References(False, reason="a router is down"), References(True, ())])
def test_a_scan_that_saw_nothing_is_unknown(scan: References) -> None:
    assert CHECKS["no-orphans"].run(replace(recorded.evidence(), references=scan)).result == "unknown"


def test_without_the_members_database_no_reference_can_be_followed() -> None:
    assert not CHECKS["no-orphans"].applies(replace(recorded.evidence(), references=None))


def test_a_crashed_check_is_unknown_never_pass() -> None:
    def boom(_: Evidence) -> Finding:
        raise ZeroDivisionError("by accident")

    name, finding = checks.run_one(Check("x", "Nothing.", boom, lambda _: True), recorded.evidence())
    assert (name, finding.result) == ("x", "unknown")
    assert "ZeroDivisionError: by accident" in finding.reason


@pytest.mark.parametrize("name", ["no-lost-acks", "no-duplicates", "no-phantoms", "transfers-once"])
def test_an_incomplete_read_back_is_unknown(name: str) -> None:
    back = replace(recorded.stored(recorded.records()), complete=False, reason="exchange-1 is down")
    assert checks.run_one(CHECKS[name], recorded.evidence(back=back))[1].result == "unknown"


def test_a_lost_w1_write_passes_within_the_rpo_and_is_named() -> None:
    finding = CHECKS["no-lost-acks"].run(lost("msg-0-390"))
    assert finding.result == "pass"
    assert "msg-0-390" in finding.reason


def test_a_lost_w1_write_beyond_the_rpo_fails() -> None:
    strict = {**recorded.PROMISES, "social": Promise(rpo=0.1)}
    broken = replace(lost("msg-0-390"), promises=strict)
    assert CHECKS["no-lost-acks"].run(broken).result == "fail"


def test_a_lost_degraded_write_fails_only_where_the_case_promises_rpo_0() -> None:
    degraded = [Durability(at / 100, "pg1", "degraded") for at in range(1, 2000)]
    back = recorded.without(recorded.stored(recorded.records()), "pay-0-100")
    broken = recorded.evidence([*recorded.records(), *degraded], back)
    assert broken.ledger.of("payments", "degraded").lost
    assert CHECKS["no-lost-acks"].run(broken).result == "fail"
    promised_nothing = replace(broken, promises={**recorded.PROMISES, "payments": Promise()})
    finding = CHECKS["no-lost-acks"].run(promised_nothing)
    assert finding.result == "pass"
    assert "no promise" in finding.reason


def test_an_error_before_the_fault_is_not_the_faults() -> None:
    early = Op("usr-0", "social", "members-1", "majority", "users", "u", 1, 5.0, 5.1, "indeterminate", "133")
    finding = CHECKS["unaffected-path"].run(recorded.evidence([*recorded.records(), early]))
    assert finding.result == "pass"
    assert "1 failed before the fault" in finding.reason


def test_a_late_answer_of_a_frozen_member_is_no_second_writer() -> None:
    late = ProbeWrite("payments", "payments", "pg1", 1, True, CRASHED - 0.01, 30.0, "acked")
    assert CHECKS["single-writer"].run(recorded.evidence([*recorded.records(), late])).result == "pass"


def test_a_crashed_prober_leaves_the_single_writer_unknown() -> None:
    crashed = Note(21.0, f"{PROBER_CRASHED}: WriteProber: ValueError: x")
    finding = CHECKS["single-writer"].run(recorded.evidence([*recorded.records(), crashed]))
    assert finding.result == "unknown"


CRASHED = recorded.CRASH
