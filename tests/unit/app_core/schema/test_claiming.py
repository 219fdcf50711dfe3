"""Claims: what one that is there already means, in every state that a dead writer can leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app_core.schema import registry
from app_core.schema.claiming import STALE, claim_document, judge, normalised

CLAIM: Any = registry.collection("user_emails").claim
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)


def found(holder, state, age):
    return {"email": "a@example.org", "user_id": holder, "state": state, "created_at": NOW - age}


@pytest.mark.parametrize(
    ("claim", "written", "verdict"),
    [
        (found(ME, "PENDING", timedelta()), False, "mine"),
        (found(ME, "CONFIRMED", STALE * 9), True, "mine"),
        (found(OTHER, "CONFIRMED", STALE * 9), True, "taken"),
        (found(OTHER, "CONFIRMED", STALE * 9), False, "taken"),
        (found(OTHER, "PENDING", timedelta()), False, "taken"),
        (found(OTHER, "PENDING", STALE * 0.99), True, "taken"),
        (found(OTHER, "PENDING", STALE), False, "abandoned"),
        (found(OTHER, "PENDING", STALE), True, "unconfirmed"),
    ],
)
def test_what_a_claim_means(claim, written, verdict):
    assert judge(CLAIM, claim, ME, NOW, written=written) == verdict


@pytest.mark.parametrize("typed", ["A@Example.org", " a@example.org ", "a@EXAMPLE.ORG\n"])
def test_addresses_are_claimed_in_one_form(typed):
    document = claim_document(CLAIM, {"email": typed}, ME, NOW)
    assert document == found(ME, "PENDING", timedelta())


def test_an_exact_value_is_left_as_it_is():
    assert normalised(" A", "exact") == " A"
