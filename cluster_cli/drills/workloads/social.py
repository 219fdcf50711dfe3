"""Social load through the routers: meetings, reviews, groups (majority), messages and skills (w:1).

What counts as acknowledged: the router's answer under the write concern that the registry gives the
collection. A resend is an update of the same `_id` that changes the document, so that it, too, waits.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from cluster_cli.drills.workloads.documents import GROUPS, MESSAGES, REVIEWS, SESSIONS, SKILLS, Around, Kind
from cluster_cli.drills.workloads.monitor import ConcernSent
from cluster_cli.drills.workloads.parents import ADDRESS, meeting, parent_id, write_meetings, write_members
from infra.context import Context

LOST_ANSWER_EVERY = 40
"""With sabotage `no-idempotency`, the answer to every n-th acknowledgement of a client is dropped."""


class SocialClient:
    """One client with its own driver, connected to both routers."""

    domain: Domain = "social"

    def __init__(self, site: Site, plan: RunPlan, name: str, kinds: Sequence[Kind]) -> None:
        self.name = name
        self._site, self._plan, self._kinds = site, plan, {kind.collection: kind for kind in kinds}
        self._mongo: MongoClient[dict[str, Any]] | None = None
        self._sent = ConcernSent()
        self.around = Around(*(parent_id(plan, name, word) for word in ("host", "guest", "meeting")))

    def open(self) -> None:
        """Connect and log in."""
        self._mongo = self._site.social_app(self._sent)
        self._mongo.admin.command("ping")

    def intend(self, number: int) -> Intent:
        """Each of the client's kinds once a round, in an order by the seed.

        Where it writes meetings, the round begins with one, to which the others belong.
        """
        first, *others = self._kinds.values()
        turns, turn = divmod(number, len(self._kinds))
        chance, around = self._plan.random(self.name, turns), self.around
        if first is SESSIONS:
            order = [first, *chance.sample(others, len(others))]
            around = replace(around, meeting=self._plan.id_of(self.name, number - turn))
        else:
            order = chance.sample([first, *others], len(self._kinds))
        kind = order[turn]
        value = self._plan.id_of(self.name, number)
        body = kind.document(value, around, number)
        entry = registry.collection(kind.collection)
        cls: AckClass = "majority" if entry.write_concern.w == "majority" else "w1"
        return Intent(str(value), kind.collection, self._site.path_of(entry.segment), cls, body)

    def attempt(self, intent: Intent, number: int) -> Attempt:
        """Insert, or with a higher number update-or-insert the same document."""
        kind = self._kinds[intent.target]
        row = uuid.UUID(intent.value)
        doubled = self._plan.breaks("no-idempotency", intent.path) and kind.can_be_doubled
        if doubled and number > 1:
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
        if doubled and number == 1 and row.int % LOST_ANSWER_EVERY == 0:
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
        change = {"$set": {kind.bump: ADDRESS.format(number)}, "$setOnInsert": rest}
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
        """The members and the meetings that the clients' documents refer to."""
        around = [client.around for client in self._clients]
        write_members(self._site, (member for one in around for member in (one.host, one.guest)))
        write_meetings(
            self._site, (meeting(one.meeting, one.host, one.guest, n) for n, one in enumerate(around))
        )

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
                found = collection.find({"_id": {"$gte": low, "$lte": high}}, {"_id": 1}, batch_size=5000)
                rows.update((kind.collection, str(document["_id"])) for document in found)
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
    """Members' groups and skills: the segment `members`."""
    return Social(ctx, plan, "members", [(GROUPS, SKILLS)] * 3)
