"""Social load through the routers: meetings and reviews (majority), messages (w:1), members and skills.

What counts as acknowledged: the router's answer under the write concern that the registry gives the
collection. A resend is an update of the same `_id` that changes the document, so that it, too, waits.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app_core.schema import registry
from app_core.schema.handles import handle
from cluster_cli.drills.ledger import Key, ReadBack
from cluster_cli.drills.outcomes import mongo_outcome
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import AckClass, Domain, Op
from cluster_cli.drills.site import Site
from cluster_cli.drills.workloads.base import Attempt, Client, Intent, fold_rows
from cluster_cli.drills.workloads.monitor import ConcernSent
from infra.context import Context

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ATTEMPT = "https://meet.example.org/attempt-{}"
"""What a resend writes: a text that every field takes which a resend changes."""
LOST_ANSWER_EVERY = 40
"""With sabotage `no-idempotency`, the answer to every n-th acknowledgement of a client is dropped."""


@dataclass(frozen=True)
class Kind:
    """How documents of a collection are made."""

    collection: str
    id_field: str
    bump: str
    """A text field that a resend may change; it takes an address of the form `ATTEMPT`."""
    document: Callable[[uuid.UUID, uuid.UUID, int], dict[str, Any]]
    """From the value's id, the meeting's or member's id and a number."""


def _session(_: uuid.UUID, value: uuid.UUID, number: int) -> dict[str, Any]:
    start = EPOCH + timedelta(minutes=number)
    return {
        "session_id": value,
        "user_a_id": uuid.UUID(int=value.int ^ 1),
        "user_b_id": uuid.UUID(int=value.int ^ 2),
        "start_at": start,
        "end_at": start + timedelta(hours=1),
        "created_by": uuid.UUID(int=value.int ^ 1),
        "status": "PROPOSED",
        "mode": "remote",
        "video_url": ATTEMPT.format(1),
        "translated_chat": False,
    }


def _review(value: uuid.UUID, _: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "review_id": value,
        "session_id": value,
        "reviewer_id": uuid.UUID(int=value.int ^ 1),
        "reviewee_id": uuid.UUID(int=value.int ^ 2),
        "stars": 1 + number % 5,
        "punctuality": 5,
        "pedagogy": 4,
        "engagement": 3,
        "communication": 5,
        "comment": "",
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _message(value: uuid.UUID, meeting: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "message_id": value,
        "session_id": meeting,
        "sender_id": uuid.UUID(int=meeting.int ^ 1),
        "text": "hello",
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _user(value: uuid.UUID, _: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "user_id": value,
        "email": f"{value}@example.org",
        "name": "drill",
        "preferred_lang": "fr",
        "roles": ["LEARNER"],
        "id_verified": False,
        "reputation": 0,
        "reliability_score": 1,
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _skill(value: uuid.UUID, member: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "skill_id": value,
        "user_id": member,
        "label": "guitar",
        "type": "TEACH" if number % 2 else "LEARN",
        "level": "BEGINNER",
        "langs": ["fr"],
    }


SESSIONS = Kind("sessions", "session_id", "video_url", lambda value, _, n: _session(value, value, n))
REVIEWS = Kind("reviews", "review_id", "comment", _review)
MESSAGES = Kind("messages", "message_id", "text", _message)
USERS = Kind("users", "user_id", "name", _user)
SKILLS = Kind("skills", "skill_id", "label", _skill)


class SocialClient:
    """One client with its own driver, connected to both routers."""

    domain: Domain = "social"

    def __init__(self, site: Site, plan: RunPlan, name: str, kinds: Sequence[Kind]) -> None:
        self.name = name
        self._site, self._plan, self._kinds = site, plan, {kind.collection: kind for kind in kinds}
        self._mongo: MongoClient[dict[str, Any]] | None = None
        self._sent = ConcernSent()
        self._owner = plan.id_of(name, "owner")
        """The meeting or member that all documents without a key of their own belong to."""

    def open(self) -> None:
        """Connect and log in."""
        self._mongo = self._site.social_app(self._sent)
        self._mongo.admin.command("ping")

    def intend(self, number: int) -> Intent:
        """The client's kinds in turn."""
        kind = list(self._kinds.values())[number % len(self._kinds)]
        value = self._plan.id_of(self.name, number)
        body = kind.document(value, self._owner, number)
        entry = registry.collection(kind.collection)
        cls: AckClass = "majority" if entry.write_concern.w == "majority" else "w1"
        return Intent(str(value), kind.collection, self._site.path_of(entry.segment), cls, body)

    def attempt(self, intent: Intent, number: int) -> Attempt:
        """Insert, or with a higher number update-or-insert the same document."""
        kind = self._kinds[intent.target]
        row = uuid.UUID(intent.value)
        if self._plan.breaks("no-idempotency", intent.path) and number > 1:
            row = self._plan.id_of(intent.value, number)
        detail = {"row": str(row)} if str(row) != intent.value else {}
        try:
            self._send(kind, intent, row, number)
        except ServerSelectionTimeoutError:
            return Attempt("refused", "no router or no primary", detail=detail)
        except OperationFailure as error:
            labels = (error.details or {}).get("errorLabels", ())
            outcome = mongo_outcome(error.code, labels, sent=True)
            return Attempt(outcome, str(error.code), detail=detail)
        except PyMongoError as error:
            return Attempt("indeterminate", type(error).__name__, detail=detail)
        dropped = number == 1 and row.int % LOST_ANSWER_EVERY == 0
        if dropped and self._plan.breaks("no-idempotency", intent.path):
            return Attempt("indeterminate", "answer dropped on purpose", detail=detail)
        return Attempt("acked", detail={**detail, "concern": self._sent.last})

    def _send(self, kind: Kind, intent: Intent, row: uuid.UUID, number: int) -> None:
        assert self._mongo is not None
        entry = registry.collection(kind.collection)
        collection: Collection[dict[str, Any]] = handle(self._mongo, kind.collection)
        if self._plan.breaks("weak-writes", intent.path):
            weak = WriteConcern(w=1)
            collection = self._mongo[entry.segment].get_collection(kind.collection, write_concern=weak)
        body = _under(intent.body, intent.value, row)
        if number == 1 or str(row) != intent.value:
            collection.insert_one({"_id": row, **body})
            return
        key = {"_id": row, **{field: body[field] for field in entry.shard_key}}
        rest = {name: value for name, value in body.items() if name not in (*entry.shard_key, kind.bump)}
        change = {"$set": {kind.bump: ATTEMPT.format(number)}, "$setOnInsert": rest}
        collection.update_one(key, change, upsert=True)

    def abort(self) -> None:
        """Close the driver: a call in flight fails."""
        self.close()

    def close(self) -> None:
        """Disconnect."""
        if self._mongo is not None:
            self._mongo.close()


def _under(body: Mapping[str, Any], value: str, row: uuid.UUID) -> dict[str, Any]:
    """The document under another id: every field that bears the value's id bears the row's."""
    old = uuid.UUID(value)
    return {name: row if content == old else content for name, content in body.items()}


class Social:
    """A social workload: some clients, some kinds of document."""

    domain: Domain = "social"

    def __init__(self, ctx: Context, plan: RunPlan, name: str, groups: Sequence[tuple[Kind, ...]]) -> None:
        self.name, self._plan, self._site = name, plan, Site(ctx)
        self._kinds = tuple({kind.collection: kind for group in groups for kind in group}.values())
        self._clients = [
            SocialClient(self._site, plan, f"{group[0].collection}-{number}", group)
            for number, group in enumerate(groups)
        ]

    def prepare(self) -> None:
        """Nothing: every document stands alone."""

    def clients(self) -> Sequence[Client]:
        """The workload's clients."""
        return self._clients

    def read_back(self, ops: Sequence[Op]) -> ReadBack:
        """All documents of this run, through the routers, with read concern majority."""
        rows: Counter[Key] = Counter()
        low, high = self._plan.id_range
        mongo = self._site.social_app()
        try:
            for kind in self._kinds:
                entry = registry.collection(kind.collection)
                collection = mongo[entry.segment].get_collection(
                    kind.collection, read_concern=ReadConcern("majority")
                )
                key = entry.shard_key[0]
                found = collection.find(
                    {key: {"$gte": low, "$lte": high}}, {kind.id_field: 1}, batch_size=5000
                )
                rows.update((kind.collection, str(document[kind.id_field])) for document in found)
        except PyMongoError as error:
            return ReadBack(False, reason=f"{self.name}: {error}")
        finally:
            mongo.close()
        mine = [op for op in ops if op.domain == "social"]
        return ReadBack(True, fold_rows(mine, rows))


def exchange(ctx: Context, plan: RunPlan) -> Social:
    """Meetings, reviews and messages: the segment `exchange`."""
    durable: list[tuple[Kind, ...]] = [(SESSIONS, REVIEWS)] * 5
    fast: list[tuple[Kind, ...]] = [(MESSAGES,)] * 3
    return Social(ctx, plan, "exchange", [*durable, *fast])


def members(ctx: Context, plan: RunPlan) -> Social:
    """Members and their skills: the segment `members`."""
    return Social(ctx, plan, "members", [(USERS, SKILLS)] * 3)
