"""The verdict: every rule, and how they merge."""

from __future__ import annotations

from typing import Any

import pytest

from cluster_cli.drills.checks import Finding
from cluster_cli.drills.evidence import Promise
from cluster_cli.drills.records import Domain
from cluster_cli.drills.verdict import Figures, decide

GOOD = Finding("pass", "fine")
BAD = Finding("fail", "3 lost")
DIM = Finding("unknown", "crashed")
FINE = Figures(acked=5000, rto=2.0, election=1.0)
SLA = Promise(rpo=0.0, rto=120.0, election=15.0)

CASES: dict[str, tuple[list[Finding], Figures, dict[str, Any], str, int]] = {
    "all well": ([GOOD], FINE, {}, "pass", 0),
    "a failed check": ([GOOD, BAD], FINE, {}, "fail", 1),
    "a crashed check": ([GOOD, DIM], FINE, {}, "unknown", 9),
    "fail before unknown": ([BAD, DIM], FINE, {}, "fail", 1),
    "never back": ([GOOD], Figures(5000, None, None), {}, "fail", 1),
    "too slow": ([GOOD], Figures(5000, 121.0, 1.0), {}, "fail", 1),
    "elected too late": ([GOOD], Figures(5000, 20.0, 15.5), {}, "fail", 1),
    "an election that nobody saw": ([GOOD], Figures(5000, 2.0, None), {}, "unknown", 9),
    "too few acks": ([GOOD], Figures(999, 2.0, 1.0), {}, "unknown", 9),
    "just enough acks": ([GOOD], Figures(1000, 2.0, 1.0), {}, "pass", 0),
    "no proof": ([GOOD], FINE, {"unproved": ["etcd-member-loss"]}, "invalid", 9),
    "invalid before fail": ([BAD], FINE, {"unproved": ["x"]}, "invalid", 9),
    "must lose and did not": ([GOOD], FINE, {"barren": "no write was lost"}, "invalid", 9),
    "stopped": ([GOOD], FINE, {"stopped": "social: 3 errors"}, "fail", 1),
}


@pytest.mark.parametrize(("findings", "figures", "more", "verdict", "code"), CASES.values(), ids=CASES)
def test_verdict(
    findings: list[Finding], figures: Figures, more: dict[str, Any], verdict: str, code: int
) -> None:
    named = [(f"check-{n}", finding) for n, finding in enumerate(findings)]
    judgement = decide(named, {"payments": figures}, {"payments": SLA}, **more)
    assert (judgement.verdict, judgement.exit_code) == (verdict, code)
    assert bool(judgement.reasons) == (verdict != "pass")


def test_no_promise_is_never_broken() -> None:
    slow = Figures(acked=5000, rto=1000.0, election=100.0)
    assert decide([], {"social": slow}, {"social": Promise()}).verdict == "pass"


def test_all_reasons_are_kept_worst_first() -> None:
    judgement = decide([("a", BAD), ("b", DIM)], {}, {}, unproved=["x"], stopped="social: 1 error")
    assert judgement.reasons == (
        "the fault x has no proof that it landed",
        "stopped by social: 1 error",
        "a: 3 lost",
        "b: crashed",
    )


def test_a_run_without_proof_does_not_ask_for_an_election() -> None:
    unseen: dict[Domain, Figures] = {"payments": Figures(5000, 0.0, None)}
    assert decide([], unseen, {"payments": SLA}, unproved=["x"]).reasons == (
        "the fault x has no proof that it landed",
    )
    assert len(decide([], unseen, {"payments": SLA}, stopped="social: 1 error").reasons) == 1


def test_a_stopped_run_does_not_claim_that_writes_never_came_back() -> None:
    judgement = decide([], {"social": Figures(5000, None, None)}, {}, stopped="payments: 1 error")
    assert judgement.reasons[-1] == "social: writes were not back when the run was stopped"
