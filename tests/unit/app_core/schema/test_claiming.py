"""Claims: what one that is there already means, in every state that a dead writer can leave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import DuplicateKeyError
from pymongo.read_preferences import Primary

from app_core.errors import RefusedError
from app_core.schema import registry
from app_core.schema.claiming import STALE, claim_document, judge, normalised, write_claimed

CLAIM: Any = registry.collection("user_emails").claim
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)


class Store:
    """A collection in memory that takes everything."""

    def __init__(self, entry):
        self.entry, self.documents = entry, []

    def insert_one(self, document):
        self.documents.append(document)

    def update_one(self, place, change):
        found = [d for d in self.documents if place.items() <= d.items()]
        for document in found:
            document.update(change["$set"])
        return SimpleNamespace(matched_count=len(found))


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


@pytest.mark.parametrize("typed", ["A@Example.org", " a@example.org ", "a@EXAMPLE.ORG\n"])
def test_the_document_is_written_in_the_form_that_is_claimed(typed):
    claims: Any = Store(registry.collection("user_emails"))
    owners: Any = Store(registry.collection("users"))
    write_claimed(claims, owners, {"user_id": ME, "email": typed, "name": "Anna"}, NOW)
    assert owners.documents == [{"user_id": ME, "email": "a@example.org", "name": "Anna"}]
    assert claims.documents[0]["email"] == "a@example.org"


class Contested(Store):
    """Claims among which the value already is."""

    def insert_one(self, document):
        raise DuplicateKeyError("the value is claimed")

    def find_one(self, _):
        return dict(self.documents[0])


class Lagging(Store):
    """Accounts of which a secondary knows none yet: only who asks the primary is told."""

    def with_options(self, *, read_preference):
        assert read_preference == Primary()
        primary = Store(self.entry)
        primary.find_one = lambda *_: self.documents[0]  # type: ignore[attr-defined]
        return primary

    def find_one(self, *_):
        return None


def test_an_old_claim_whose_account_only_the_primary_knows_is_not_taken_over():
    claims: Any = Contested(registry.collection("user_emails"))
    claims.documents.append(found(OTHER, "PENDING", STALE * 2))
    owners: Any = Lagging(registry.collection("users"))
    owners.documents.append({"user_id": OTHER, "email": "a@example.org"})
    with pytest.raises(RefusedError, match="already in use"):
        write_claimed(claims, owners, {"user_id": ME, "email": "a@example.org"}, NOW)
    assert len(owners.documents) == 1
    assert (claims.documents[0]["user_id"], claims.documents[0]["state"]) == (OTHER, "CONFIRMED")


@pytest.mark.parametrize("name", ["users", "user_emails", "email_verifications"])
@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("a.b@example.org", True),
        ("A@example.org", False),
        ("a@Example.org", False),
        (" a@b.org", False),
        ("a@b.org\n", False),
    ],
)
def test_validators_take_the_normal_form_alone(name, value, taken):
    (field,) = (f for f in registry.collection(name).fields if f.name == "email")
    assert field.pattern is not None
    assert bool(re.search(field.pattern, value)) == taken


def test_an_exact_value_is_left_as_it_is():
    assert normalised(" A", "exact") == " A"
