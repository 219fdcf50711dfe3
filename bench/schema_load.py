"""What bench.schema measures of one collection or table: fill, insert, point read, indexed list."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import psycopg
from pymongo.collection import Collection as DriverCollection
from pymongo.write_concern import WriteConcern

from app_core.schema.model import Collection, Index
from app_core.schema.queries import mongo_filter
from bench.samples import Document, Samples
from cluster_cli.engines.mongodb import bound
from cluster_cli.engines.mongodb.clients import Client

BATCH = 1000
IN_FLIGHT = 3
"""So many batches are on their way while the next one is made: documents cost as much as their insertion."""
ROUNDS = 100
"""How often each operation is measured."""
SPARE = 10_000_000
"""Numbers from here on are no filled document's."""
SETTLE_MS = 120_000


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one operation at one size."""

    name: str
    operation: str
    size: int
    median_ms: float
    p95_ms: float


def timed(
    name: str, operation: str, size: int, act: Callable[[int], object], rounds: int = ROUNDS
) -> Latency:
    """The operation so many times, each for another number."""
    spent: list[float] = []
    for number in range(rounds):
        begin = time.perf_counter()
        act(number)
        spent.append((time.perf_counter() - begin) * 1000)
    cuts = quantiles(spent, n=20)
    return Latency(name, operation, size, cuts[9], cuts[18])


class CollectionLoad:
    """One collection: filled with w:1 in batches, measured under the registry's concerns."""

    def __init__(self, client: Client, collection: Collection) -> None:
        self.collection, self.name = collection, collection.namespace
        self._target = bound(client, collection)
        # filling is no measurement: it need not wait for a majority
        self._bulk: DriverCollection[Document] = client[collection.segment].get_collection(
            collection.name, write_concern=WriteConcern(1)
        )
        self._samples = Samples(seed=11)
        self._filled = 0
        self._known: list[Document] = []

    def fill(self, size: int) -> None:
        """Insert until there are `size` documents; some are kept to be asked for.

        At most `IN_FLIGHT` + 1 batches are in memory, whatever the size.
        """
        under_way: deque[Future[object]] = deque()
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="fill") as pool:
            while self._filled < size:
                count = min(BATCH, size - self._filled)
                documents = [self._make(self._filled + n) for n in range(count)]
                if len(under_way) == IN_FLIGHT:
                    under_way.popleft().result()
                under_way.append(pool.submit(self._bulk.insert_many, documents, ordered=False))
                self._known = [*self._known[-ROUNDS:], *documents[:: max(1, count // 20)]]
                self._filled += count
            for batch in under_way:
                batch.result()

    def settle(self) -> None:
        """Return when the secondaries have what was filled: a measured write shall not wait for that."""
        durable = self._bulk.with_options(write_concern=WriteConcern("majority", wtimeout=SETTLE_MS))
        document = self._make(SPARE)
        durable.insert_one(document)
        durable.delete_one({"_id": document["_id"]})

    def _make(self, number: int) -> Document:
        return self._samples.document(self.collection, number)

    def measure(self, rounds: int = ROUNDS) -> list[Latency]:
        """The three operations at the present size."""
        size = self._filled
        self.settle()
        fresh = [self._make(SPARE + 1 + size + n) for n in range(rounds)]
        operations: dict[str, Callable[[int], object]] = {
            "insert": lambda n: self._target.insert_one(fresh[n]),
            "point read": lambda n: self._target.find_one(self._key(n)),
        }
        index = listing(self.collection)
        if index is not None:
            operations["indexed list"] = lambda n: self._list(index, n)
        found = [timed(self.name, name, size, act, rounds) for name, act in operations.items()]
        self._bulk.delete_many({"_id": {"$in": [d["_id"] for d in fresh]}})
        return found

    def _key(self, number: int) -> dict[str, Any]:
        document = self._known[number % len(self._known)]
        keys = self.collection.primary_key or self.collection.shard_key or ("_id",)
        return {name: document[name] for name in {*keys, *self.collection.shard_key}}

    def _list(self, index: Index, number: int) -> list[Document]:
        assert index.query is not None
        document = self._known[number % len(self._known)]
        cursor = self._target.find(mongo_filter(index.query, document)).limit(index.query.limit)
        return list(cursor.sort(list(index.query.sort)) if index.query.sort else cursor)

    def empty(self) -> None:
        """Drop the collection (deleting would take as long as filling did); `schema apply` makes it again."""
        self._bulk.drop()


def listing(collection: Collection) -> Index | None:
    """The index that a list is read by: one with an order, else any that is not unique."""
    plain = [
        i
        for i in collection.indexes
        if i.query is not None and all(c.operator in ("=", "is") for c in i.query.conditions)
    ]
    ordered = [i for i in plain if i.query is not None and i.query.sort]
    return next(iter(ordered or [i for i in plain if not i.unique]), None)


class IntentLoad:
    """Payment intents, the table that grows most: the same operations through the proxy."""

    name = "payments.payment_intent"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection, self._filled, self._known = connection, 0, list[tuple[uuid.UUID, uuid.UUID]]()

    def fill(self, size: int) -> None:
        """Insert by COPY until there are `size` rows."""
        while self._filled < size:
            count = min(10 * BATCH, size - self._filled)
            rows = [(uuid.uuid4(), uuid.uuid4()) for _ in range(count)]
            with self._connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for key, owner in rows:
                    copy.write_row((key, owner, 500, "EUR", "pending"))
            self._known = [*self._known[-ROUNDS:], *rows[:: max(1, count // 20)]]
            self._filled += count

    def measure(self) -> list[Latency]:
        """The three operations at the present size."""
        return [
            timed(self.name, "insert", self._filled, lambda _: self._insert()),
            timed(self.name, "point read", self._filled, lambda n: self._ask(_POINT, self._pick(n)[0])),
            timed(self.name, "indexed list", self._filled, lambda n: self._ask(_LIST, self._pick(n)[1])),
        ]

    def _pick(self, number: int) -> tuple[uuid.UUID, uuid.UUID]:
        return self._known[number % len(self._known)]

    def _insert(self) -> None:
        self._connection.execute(_INSERT, (uuid.uuid4(), uuid.uuid4()))

    def _ask(self, statement: str, value: uuid.UUID) -> Sequence[Any]:
        return self._connection.execute(statement, (value,)).fetchall()  # type: ignore[arg-type] - ours

    def empty(self) -> None:
        """Take everything out again."""
        self._connection.execute("TRUNCATE payment_intent CASCADE")


_COPY = "COPY payment_intent (id, user_id, amount, currency, status) FROM STDIN"
_INSERT = """INSERT INTO payment_intent (id, user_id, amount, currency, status)
VALUES (%s, %s, 5, 'EUR', 'pending')"""
_POINT = "SELECT * FROM payment_intent WHERE id = %s"
_LIST = "SELECT * FROM payment_intent WHERE user_id = %s AND status = 'pending' LIMIT 50"
