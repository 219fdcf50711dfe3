"""The ledger: what an acknowledgement meant, and what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.drills.ledger import ReadBack, in_force, judge
from cluster_cli.drills.records import Durability, Op, Outcome

OP = Op("c", "payments", "payments", "sync", "transfer", "v", 1, 10.0, 10.01, "acked")
SYNC = [Durability(at / 20, "pg1", "sync", "pgsync1") for at in range(400)]


@pytest.mark.parametrize(
    ("degraded_at", "detail", "expected"),
    [
        ([], {}, "sync"),
        ([10.0], {}, "degraded"),
        ([9.95], {}, "degraded"),
        ([10.1], {}, "degraded"),  # the standby was given up while the answer travelled
        ([9.0, 11.0], {}, "sync"),
        ([], {"standbys": ""}, "degraded"),  # the backend itself saw no standby
        ([], {"standbys": "pgsync1"}, "sync"),
    ],
)
def test_the_durability_in_force(degraded_at: list[float], detail: dict[str, str], expected: str) -> None:
    samples = sorted([*SYNC, *(Durability(at, "pg1", "degraded") for at in degraded_at)], key=lambda s: s.at)
    assert in_force(replace(OP, detail=detail), samples) == expected


def test_without_any_sign_a_write_is_not_called_synchronous() -> None:
    assert in_force(OP, []) == "degraded"
    assert in_force(replace(OP, detail={"standbys": "pgsync1"}), []) == "sync"


def attempt(outcome: Outcome, value: str = "v", number: int = 1) -> Op:
    return replace(OP, value=value, outcome=outcome, attempt=number)


@pytest.mark.parametrize(
    ("ops", "found", "lost", "duplicated", "phantom"),
    [
        ([attempt("acked")], {"v": 1}, 0, 0, 0),
        ([attempt("acked")], {}, 1, 0, 0),
        ([attempt("acked")], {"v": 2}, 0, 1, 0),
        ([attempt("indeterminate")], {}, 0, 0, 0),
        ([attempt("indeterminate")], {"v": 1}, 0, 0, 0),
        ([attempt("refused")], {"v": 1}, 0, 0, 1),
        ([attempt("refused"), attempt("acked", number=2)], {"v": 1}, 0, 0, 0),
        ([attempt("indeterminate"), attempt("refused", number=2)], {"v": 1}, 0, 0, 0),
        ([attempt("acked")], {"v": 1, "other": 1}, 0, 0, 1),
    ],
)
def test_lost_duplicated_phantom(
    ops: list[Op], found: dict[str, int], lost: int, duplicated: int, phantom: int
) -> None:
    back = ReadBack(True, {("transfer", value): n for value, n in found.items()})
    ledger = judge(ops, back, SYNC).of("payments", "sync")
    assert (len(ledger.lost), len(ledger.duplicated), len(ledger.phantom)) == (lost, duplicated, phantom)


def test_attempts_are_counted_by_class() -> None:
    ops = [attempt("indeterminate"), attempt("refused", number=2), attempt("acked", number=3)]
    ledger = judge(ops, ReadBack(True, {("transfer", "v"): 1}), SYNC).of("payments", "sync")
    assert (ledger.acked, ledger.refused, ledger.indeterminate) == (1, 1, 1)
