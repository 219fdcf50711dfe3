"""Claims: what one that is there already means, in every state that a dead writer can leave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import DuplicateKeyError, PyMongoError, WriteError, WTimeoutError

from app_core.errors import RefusedError, UnknownResultError
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

    def delete_one(self, place):
        self.documents = [d for d in self.documents if not place.items() <= d.items()]


def found(holder, state, age):
    return {"email": "a@example.org", "user_id": holder, "state": state, "created_at": NOW - age}


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (found(ME, "PENDING", timedelta()), "mine"),
        (found(ME, "CONFIRMED", STALE * 9), "mine"),
        (found(OTHER, "CONFIRMED", STALE * 9), "taken"),
        (found(OTHER, "PENDING", timedelta()), "taken"),
        (found(OTHER, "PENDING", STALE * 0.99), "taken"),
        (found(OTHER, "PENDING", STALE), "stale"),
    ],
)
def test_what_a_claim_means(claim, verdict):
    assert judge(CLAIM, claim, ME, NOW) == verdict


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


class Claims(Store):
    """Claims of which each value is there once."""

    def __init__(self, *there):
        super().__init__(registry.collection("user_emails"))
        self.documents = list(there)

    def insert_one(self, document):
        if self.find_one(document):
            raise DuplicateKeyError("the value is claimed", 11000)
        super().insert_one(document)

    def find_one(self, place):
        return next((dict(d) for d in self.documents if d["email"] == place["email"]), None)


class Accounts(Store):
    """Accounts that know a key once. error: what an insert raises; late: what an update raises at first."""

    def __init__(self, *there, error=None, late=()):
        super().__init__(registry.collection("users"))
        self.documents, self.error, self.late = [dict(document) for document in there], error, list(late)

    def insert_one(self, document):
        if self.error:
            raise self.error
        if any(d["user_id"] == document["user_id"] for d in self.documents):
            raise DuplicateKeyError("the key is there", 11000)
        super().insert_one(document)

    def update_one(self, place, change):
        if self.late:
            raise self.late.pop(0)
        return super().update_one(place, change)

    def find_one(self, *_):
        """What a majority has: not yet what these have."""


ACCOUNT = {"user_id": ME, "email": "a@example.org"}
NOT_YET = WTimeoutError("waiting for replication timed out", 64)


def write(owners: Any, error: type[Exception] | None = None, claims: Any = None) -> Claims:
    """Write my account, to an end or to that error: the claims as they are then."""
    claims = claims or Claims()
    if error is None:
        write_claimed(claims, owners, ACCOUNT, NOW)
    else:
        with pytest.raises(error) as raised:
            write_claimed(claims, owners, ACCOUNT, NOW)
        assert raised.type is error
    return claims


def states(claims):
    return [(claim["user_id"], claim["state"]) for claim in claims.documents]


def test_a_resent_account_that_the_majority_lacks_keeps_its_claim_until_it_is_there():
    owners = Accounts(ACCOUNT, late=[NOT_YET])
    claims = write(owners, WTimeoutError)
    assert states(claims) == [(ME, "PENDING")]
    assert states(write(owners, claims=claims)) == [(ME, "CONFIRMED")]
    assert owners.documents == [ACCOUNT]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (WriteError("Document failed validation", 121), WriteError),
        (WriteError("the shard cannot be reached", 6), UnknownResultError),
        (WriteError("the time is over", 50), UnknownResultError),
        (PyMongoError("the connection is lost"), PyMongoError),
    ],
    ids=["not valid", "shard lost", "too late", "lost"],
)
def test_only_a_document_that_was_certainly_refused_frees_its_claim(error, told):
    claims = write(Accounts(error=error), told)
    assert states(claims) == ([] if told is WriteError else [(ME, "PENDING")])


def test_another_document_under_the_key_frees_the_claim():
    claims = write(Accounts({"user_id": ME, "email": "b@example.org"}), DuplicateKeyError)
    assert claims.documents == []


def test_a_claim_that_the_majority_lacks_is_nobodys_yet(monkeypatch):
    monkeypatch.setattr("app_core.schema.claiming._PAUSE_S", 0)
    claims: Any = Claims()
    monkeypatch.setattr(claims, "insert_one", Accounts(error=DuplicateKeyError("claimed")).insert_one)
    write(Accounts(), UnknownResultError, claims)


def test_an_old_claim_whose_account_is_there_is_not_taken_over():
    owners = Accounts({"user_id": OTHER, "email": "a@example.org"})
    assert states(write(owners, RefusedError, Claims(found(OTHER, "PENDING", STALE)))) == [
        (OTHER, "CONFIRMED")
    ]
    assert len(owners.documents) == 1


def test_an_old_claim_whose_account_the_majority_lacks_is_left_as_it_is():
    owners = Accounts({"user_id": OTHER, "email": "a@example.org"}, late=[NOT_YET])
    assert states(write(owners, WTimeoutError, Claims(found(OTHER, "PENDING", STALE)))) == [
        (OTHER, "PENDING")
    ]


@pytest.mark.parametrize("there", [[], [{"user_id": OTHER, "email": "b@example.org"}]], ids=["dead", "moved"])
def test_an_old_claim_without_its_account_is_taken_over(there):
    owners = Accounts(*there)
    assert states(write(owners, claims=Claims(found(OTHER, "PENDING", STALE)))) == [(ME, "CONFIRMED")]
    assert ACCOUNT in owners.documents


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
