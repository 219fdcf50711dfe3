"""Claims on real servers: of a hundred racers one wins; what a dead writer leaves is taken over."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError, WriteError
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app_core.errors import RefusedError
from app_core.schema.claiming import STALE, release, write_claimed
from app_core.schema.handles import Handle, handle
from bench.samples import Samples
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.mongodb.clients import Client
from tests.scenarios.minimal_cluster import minimal_cluster

pytestmark = pytest.mark.cluster
RACERS = 100
Document = dict[str, Any]


class Found(CommandListener):
    """The read preferences of the finds that were sent; None where the driver leaves it to the primary."""

    def __init__(self) -> None:
        self.modes: dict[str, list[str | None]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            mode = event.command.get("$readPreference", {}).get("mode")
            self.modes.setdefault(event.command["find"], []).append(mode)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest here."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest here."""


@pytest.fixture(scope="module")
def finds() -> Found:
    return Found()


@pytest.fixture(scope="module")
def client(finds: Found) -> Iterator[Client]:
    with (
        minimal_cluster() as ctx,
        mongo_client(ctx, "app", maxPoolSize=RACERS, event_listeners=[finds]) as found,
    ):
        yield found


@pytest.fixture
def claims(client: Client) -> Handle:
    return handle(client, "user_emails")


@pytest.fixture
def users(client: Client) -> Handle:
    return handle(client, "users")


def now() -> datetime:
    return datetime.now(UTC)


def member(users: Handle, email: str) -> Document:
    """A new member, under an id of its own, with that address."""
    user = uuid.uuid4()
    return {**Samples().document(users.entry, 1), "_id": user, "user_id": user, "email": email}


@pytest.fixture
def email(client: Client) -> Iterator[str]:
    """An address; whoever has it or a part of it at the end is removed, for a cluster may be shared."""
    made = f"{uuid.uuid4().hex}@example.org"
    yield made
    for name in ("users", "user_emails"):
        client["members"][name].delete_many({"email": {"$regex": re.escape(made)}})


def holders(users: Handle, email: str) -> list[uuid.UUID]:
    return [document["user_id"] for document in users.find({"email": email})]


def test_of_a_hundred_racers_exactly_one_wins(claims: Handle, users: Handle, email: str) -> None:
    start, won = threading.Barrier(RACERS), []

    def race(document: Document) -> None:
        start.wait()
        try:
            write_claimed(claims, users, document, now())
            won.append(document["user_id"])
        except RefusedError:
            pass

    racers = [threading.Thread(target=race, args=(member(users, email),)) for _ in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    assert len(won) == 1
    assert holders(users, email) == won
    claim = claims.find_one({"email": email})
    assert claim is not None
    assert (claim["user_id"], claim["state"]) == (won[0], "CONFIRMED")


def test_without_the_claim_two_members_get_the_address(users: Handle, email: str) -> None:
    """The inversion: the accounts alone cannot keep it."""
    for _ in range(2):
        users.insert_one(member(users, email))
    assert len(holders(users, email)) == 2


def test_the_same_document_again_is_carried_on(claims: Handle, users: Handle, email: str) -> None:
    document = member(users, email)
    for _ in range(2):
        write_claimed(claims, users, document, now())
    assert holders(users, email) == [document["user_id"]]


def test_an_address_is_the_same_in_capitals(claims: Handle, users: Handle, email: str) -> None:
    write_claimed(claims, users, member(users, email), now())
    with pytest.raises(RefusedError, match="already in use"):
        write_claimed(claims, users, member(users, email.upper()), now())


def test_an_address_typed_in_capitals_is_found_by_its_normal_form(
    claims: Handle, users: Handle, email: str
) -> None:
    document = member(users, f" {email.upper()} ")
    write_claimed(claims, users, document, now())
    assert holders(users, email) == [document["user_id"]]
    with pytest.raises(WriteError):
        users.insert_one(member(users, email.upper()))


def test_a_document_that_is_not_valid_frees_its_claim(claims: Handle, users: Handle, email: str) -> None:
    with pytest.raises(WriteError):
        write_claimed(claims, users, {**member(users, email), "reputation": 6}, now())
    assert claims.find_one({"email": email}) is None


def dead_writer(claims: Handle, document: Document) -> None:
    """What a writer leaves that died after its first step."""
    claim = {key: document[key] for key in ("email", "user_id")}
    claims.insert_one({**claim, "state": "PENDING", "created_at": now()})


def test_a_dead_writers_claim_is_taken_over_when_it_is_old(claims: Handle, users: Handle, email: str) -> None:
    dead_writer(claims, member(users, email))
    heir = member(users, email)
    with pytest.raises(RefusedError):
        write_claimed(claims, users, heir, now())
    write_claimed(claims, users, heir, now() + STALE)
    assert holders(users, email) == [heir["user_id"]]


def test_whether_a_dead_writer_wrote_its_document_is_asked_by_a_write(
    claims: Handle, users: Handle, email: str, finds: Found
) -> None:
    """No read shows what the primary has and the majority has not yet."""
    dead_writer(claims, member(users, email))
    finds.modes.clear()
    write_claimed(claims, users, member(users, email), now() + STALE)
    assert set(finds.modes) == {"user_emails"}
    users.find_one({"email": email})
    assert finds.modes["users"] == ["primaryPreferred"]  # what reads of the collection ask for


def test_asking_whether_a_document_is_there_changes_nothing(
    claims: Handle, users: Handle, email: str
) -> None:
    first = member(users, email)
    dead_writer(claims, first)
    users.insert_one(first)
    before = users.find_one({"user_id": first["user_id"]})
    with pytest.raises(RefusedError):
        write_claimed(claims, users, member(users, email), now() + STALE)
    assert users.find_one({"user_id": first["user_id"]}) == before


def test_another_account_under_the_id_frees_the_claim(claims: Handle, users: Handle, email: str) -> None:
    document = member(users, email)
    users.insert_one({**document, "email": f"first.{email}"})
    with pytest.raises(DuplicateKeyError):
        write_claimed(claims, users, document, now())
    assert claims.find_one({"email": email}) is None


def test_a_dead_writers_document_keeps_its_claim(claims: Handle, users: Handle, email: str) -> None:
    first = member(users, email)
    dead_writer(claims, first)
    users.insert_one(first)
    with pytest.raises(RefusedError):
        write_claimed(claims, users, member(users, email), now() + STALE)
    claim = claims.find_one({"email": email})
    assert claim is not None
    assert (claim["user_id"], claim["state"]) == (first["user_id"], "CONFIRMED")


def test_a_writer_that_was_too_slow_removes_its_document(
    claims: Handle, users: Handle, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, heir = member(users, email), member(users, email)
    insert = users.insert_one

    def late(document: Document) -> object:
        if document["user_id"] == slow["user_id"]:  # the heir comes before its second step
            write_claimed(claims, users, heir, now() + STALE)
        return insert(document)

    monkeypatch.setattr(users, "insert_one", late)
    with pytest.raises(RefusedError):
        write_claimed(claims, users, slow, now())
    assert holders(users, email) == [heir["user_id"]]


def test_a_freed_address_can_be_claimed_again(claims: Handle, users: Handle, email: str) -> None:
    first, second = member(users, email), member(users, email)
    write_claimed(claims, users, first, now())
    assert not release(claims, email, second["user_id"])
    assert release(claims, email, first["user_id"])
    write_claimed(claims, users, second, now())
