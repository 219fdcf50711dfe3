"""A partition must have what its table has: what parts is told, whatever it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.schema import checks
from cluster_cli.schema.checks.payments_partition_features import wanted_bounds
from cluster_cli.schema.partitions import Month, bounds
from cluster_cli.schema.payments_facts import Feature
from tests.unit.cluster_cli.schema.test_checks_payments import MONTHS, WHOLE

ALIKE = (
    ("table", "", "logged"),
    ("owner", "", "postgres"),
    ("column", "at", "NOT NULL"),
    ("constraint", "CHECK (n > 0)", "validated"),
    ("trigger", "balanced", "check_it()"),
)
WHOLE_TABLE = tuple(Feature("ledger", "", *one) for one in ALIKE)


def month(name: str, low_high: tuple[str, str]) -> tuple[Feature, ...]:
    low, high = low_high
    own = Feature("ledger", name, "bounds", "", f"FOR VALUES FROM ('{low}') TO ('{high}')")
    return (own, *(Feature("ledger", name, *one) for one in ALIKE))


LAST = month(MONTHS[2], bounds(Month(2027, 1)))
FEATURES = (
    *WHOLE_TABLE,
    *month(MONTHS[0], bounds(Month(2026, 11))),
    *month(MONTHS[1], bounds(Month(2026, 12))),
    *LAST,
)


def found(*features: Feature, **changes):
    return checks.differences("payments", replace(WHOLE, features=features, **changes))


def test_months_that_are_like_their_table_do_not_differ():
    assert found(*FEATURES) == []


OTHERWISE = {
    "a trigger is disabled": ("trigger", "balanced", "check_it() (D)"),
    "a trigger of its own": ("trigger", "odd", "odd()"),
    "a grant": ("grant", "app", "DELETE"),
    "a constraint of its own": ("constraint", "CHECK (n < 9)", "validated"),
    "a constraint that nobody checks": ("constraint", "CHECK (n > 0)", "validated, disabled"),
    "unlogged": ("table", "", "unlogged"),
    "a column that may not be null": ("column", "done", "NOT NULL"),
    "another's": ("owner", "", "app"),
    "other bounds": (
        "bounds",
        "",
        "FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-03-01 00:00:00+00')",
    ),
    "a rule": ("rule", "odd", "a rule"),
    "an index of its own": ("index", "odd", "CREATE INDEX odd ON public.ledger_2027_01 USING btree (n)"),
}


@pytest.mark.parametrize("change", OTHERWISE.values(), ids=OTHERWISE.keys())
def test_what_a_month_has_otherwise_is_told(change):
    kind, name, text = change
    others = [f for f in FEATURES if (f.partition, f.kind, f.name) != (MONTHS[2], kind, name)]
    (one,) = found(*others, Feature("ledger", MONTHS[2], kind, name, text))
    assert (one.kind, one.object, one.act) == ("partition-differs", "partition ledger_2027_01", "person")
    assert kind in one.detail and text in one.detail
    assert one.cure


@pytest.mark.parametrize(
    "lost", [f for f in LAST if f.kind in ("trigger", "constraint")], ids=lambda f: f.kind
)
def test_what_a_month_lacks_is_told(lost):
    (one,) = found(*(f for f in FEATURES if f != lost))
    assert "it has none; ledger demands" in one.detail


def test_a_part_of_a_wanted_index_that_waits_to_be_attached_is_none_of_its_own():
    wanted = {**WHOLE.wanted, ("index", "by_n"): "CREATE INDEX by_n ON ONLY public.ledger USING btree (n)"}
    built = Feature("ledger", MONTHS[2], "index", "by_n_2027_01", "CREATE INDEX …")
    assert [d.kind for d in found(*FEATURES, built, wanted=wanted)] == ["missing-index"]
    having = {"by_n": frozenset(MONTHS)}
    kinds = [d.kind for d in found(*FEATURES, built, wanted=wanted, live=wanted, indexed=having)]
    assert kinds == ["partition-differs"]


def test_a_default_partition_is_no_month():
    rest = [replace(f, partition="ledger_rest") for f in LAST if f.kind != "bounds"]
    (one,) = found(*FEATURES, *rest, Feature("ledger", "ledger_rest", "bounds", "", "DEFAULT"))
    assert "it has DEFAULT; ledger demands only months (ledger_YYYY_MM)" in one.detail
    assert "DETACH PARTITION ledger_rest" in one.cure


@pytest.mark.parametrize("name", ["ledger_2026_13", "other_2026_01", "ledger_2026_01_old"])
def test_only_months_have_bounds(name):
    assert wanted_bounds("ledger", name).startswith("only months")
    assert wanted_bounds("ledger", "ledger_2026_12") == (
        "FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')"
    )


def test_while_migrations_wait_table_and_months_may_part():
    others = [f for f in FEATURES if f.kind != "trigger" or f.partition]
    assert [d.kind for d in found(*others)] == ["partition-differs"] * 3
    waiting = {"0001": WHOLE.applied["0001"]}
    assert [d.kind for d in found(*others, applied=waiting)] == ["pending-migration"]
