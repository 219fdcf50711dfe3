"""Clients of the social domain that remember what was acknowledged."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import ReadPreference
from pymongo.errors import PyMongoError

from app_core.schema.handles import Handle
from bench.samples import Samples
from cluster_cli.engines.mongodb import handle, mongo_client
from cluster_cli.waiting import wait_until
from infra.context import Context


class Writer(threading.Thread):
    """Writes documents until told to stop; remembers what was acknowledged and what failed."""

    def __init__(self, target: Handle) -> None:
        super().__init__(daemon=True)
        self.target, self.samples = target, Samples(seed=random.randrange(2**32))
        self.acked: list[uuid.UUID] = []
        self.failed: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            document = self.samples.document(self.target.entry, len(self.acked))
            try:
                self.target.insert_one(document)
                self.acked.append(document["_id"])
            except PyMongoError as error:
                self.failed.append(str(error))


@contextmanager
def writing(ctx: Context, collection: str) -> Iterator[Writer]:
    """Insert into the collection through the routers for as long as the body runs."""
    with mongo_client(ctx, "app", serverSelectionTimeoutMS=5000) as client:
        writer = Writer(handle(client, collection))
        writer.start()
        assert wait_until(lambda: len(writer.acked) > 20, 20)
        try:
            yield writer
            more = len(writer.acked) + 20
            wait_until(lambda: len(writer.acked) > more, 20)
        finally:
            writer.over.set()
            writer.join(30)


def lost(ctx: Context, collection: str, acked: list[uuid.UUID]) -> set[uuid.UUID]:
    """Acknowledged documents that the primary does not have."""
    with mongo_client(ctx, "root") as client:
        primary = handle(client, collection).with_options(read_preference=ReadPreference.PRIMARY)
        found = primary.find({"_id": {"$in": acked}}, {"_id": 1})
        return set(acked) - {document["_id"] for document in found}
