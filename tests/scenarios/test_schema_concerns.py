"""Write concerns as they are sent and as the servers count them, by collection and kind of operation."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import SON
from pymongo import InsertOne, UpdateOne
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.write_concern import WriteConcern

from app_core.schema import registry
from app_core.schema.handles import Handle, handle
from app_core.schema.model import REPORTING_STALENESS_S, Collection
from app_core.schema.reporting import report
from bench.samples import Samples
from cluster_cli.engines.mongodb import member_client, mongo_client, primary
from cluster_cli.engines.mongodb.clients import Client
from infra.context import Context

pytestmark = pytest.mark.cluster
COLLECTIONS = registry.collections()
Document = dict[str, Any]
NOTHING = {"$unset": {"nothing": ""}}
"""An update that changes nothing and is sent all the same."""


class Sent(CommandListener):
    """Every command that the driver sends on collections."""

    def __init__(self) -> None:
        self.commands: list[SON[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command:  # the driver blanks what logs it in
            self.commands.append(SON(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest here."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest here."""


@pytest.fixture(scope="module")
def sent() -> Sent:
    return Sent()


@pytest.fixture(scope="module")
def client(sandbox: Context, sent: Sent) -> Iterator[Client]:
    with mongo_client(sandbox, "app", event_listeners=[sent]) as found:
        yield found


def documents(entry: Collection) -> Iterator[Document]:
    samples = Samples(seed=random.randrange(2**32))
    return (samples.document(entry, number) for number in range(1000))


def key_of(entry: Collection, document: Document) -> Document:
    return {name: document[name] for name in ("_id", *entry.shard_key)}


def inserted(target: Handle, document: Document) -> Document:
    target.insert_one(document)
    return key_of(target.entry, document)


WRITES: dict[str, Callable[[Handle, Document], object]] = {
    "insert_one": lambda to, d: to.insert_one(d),
    "insert_many": lambda to, d: to.insert_many([d]),
    "bulk_write": lambda to, d: to.bulk_write([InsertOne(d), UpdateOne(key_of(to.entry, d), NOTHING)]),
    "update_one": lambda to, d: to.update_one(inserted(to, d), NOTHING),
    "update_many": lambda to, d: to.update_many(inserted(to, d), NOTHING),
    "replace_one": lambda to, d: to.replace_one(inserted(to, d), d),
    "find_one_and_update": lambda to, d: to.find_one_and_update(inserted(to, d), NOTHING),
    "find_one_and_replace": lambda to, d: to.find_one_and_replace(inserted(to, d), d),
    "find_one_and_delete": lambda to, d: to.find_one_and_delete(inserted(to, d)),
    "delete_one": lambda to, d: to.delete_one(inserted(to, d)),
    "delete_many": lambda to, d: to.delete_many(inserted(to, d)),
}
READS: dict[str, Callable[[Handle, Document], object]] = {
    "find": lambda to, key: list(to.find(key)),
    "find_one": lambda to, key: to.find_one(key),
    "aggregate": lambda to, key: list(to.aggregate([{"$match": key}])),
    "count_documents": lambda to, key: to.count_documents(key),
    "distinct": lambda to, key: to.distinct("_id", key),
}
PREFERENCES = {
    "primary": {None, "primary"},
    "primaryPreferred": {"primaryPreferred"},
    "secondaryPreferred": {"secondaryPreferred"},
}


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_every_kind_of_write_is_sent_with_the_registrys_concern(
    client: Client, sent: Sent, entry: Collection
) -> None:
    target, made = handle(client, entry.name), documents(entry)
    wanted = WriteConcern(w=entry.write_concern.w, j=entry.write_concern.j).document
    for name, write in WRITES.items():
        sent.commands.clear()
        document = next(made)
        write(target, document)
        writes = [
            c for c in sent.commands if next(iter(c)) in ("insert", "update", "delete", "findAndModify")
        ]
        assert writes, name
        assert [c["writeConcern"] for c in writes] == [wanted] * len(writes), name
        target.delete_one(key_of(entry, document))


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_every_kind_of_read_is_sent_as_the_registry_says(
    client: Client, sent: Sent, entry: Collection
) -> None:
    target = handle(client, entry.name)
    key = key_of(entry, next(documents(entry)))
    for name, read in READS.items():
        sent.commands.clear()
        read(target, key)
        (command,) = sent.commands
        assert command["readConcern"]["level"] == entry.read_concern, name
        preference = command.get("$readPreference", {})
        assert preference.get("mode") in PREFERENCES[entry.read_preference], name
        if entry.read_preference == "secondaryPreferred":
            assert preference["maxStalenessSeconds"] == REPORTING_STALENESS_S


KINDS = ("insert", "update", "delete")


def counters(ctx: Context, entry: Collection) -> Document:
    """The server's counts of write concerns, added up over the segment's shards."""
    assert ctx.topology.social is not None
    total: Document = {}
    for shard in ctx.topology.social.segments[entry.segment]:
        leader = primary(ctx, shard)
        assert leader is not None
        with member_client(ctx, leader) as member:
            found = member.admin.command("serverStatus")["opWriteConcernCounters"]
        for kind in KINDS:
            for place in (f"{kind} majority", f"{kind} 1"):
                count = found[kind]["wmajority"] if "majority" in place else found[kind]["wnum"].get("1", 0)
                total[place] = total.get(place, 0) + count
    return total


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_the_servers_count_the_registrys_concern(sandbox: Context, client: Client, entry: Collection) -> None:
    """One collection at a time; the counters say nothing of `j`, which the commands above do."""
    mine, other = ("majority", "1") if entry.write_concern.w == "majority" else ("1", "majority")
    made = list(documents(entry))
    grown = grown_by(sandbox, handle(client, entry.name), made[:3])
    if any(grown[f"{kind} {other}"] >= 3 for kind in KINDS):
        # the servers write their own sessions with majority, every five minutes: not twice in a row
        grown = grown_by(sandbox, handle(client, entry.name), made[3:6])
    for kind in KINDS:
        assert grown[f"{kind} {mine}"] >= 3, grown
        assert grown[f"{kind} {other}"] < 3, grown


def grown_by(ctx: Context, target: Handle, made: list[Document]) -> Document:
    """How the counters grow while each document is inserted, updated and deleted."""
    before = counters(ctx, target.entry)
    for document in made:
        target.insert_one(document)
        target.update_one(key_of(target.entry, document), NOTHING)
        target.delete_one(key_of(target.entry, document))
    after = counters(ctx, target.entry)
    return {place: after[place] - before[place] for place in after}


def test_a_report_is_read_from_secondaries_and_says_how_old_it_is(client: Client, sent: Sent) -> None:
    sent.commands.clear()
    found = report(client, handle(client, "sessions"), [{"$count": "meetings"}])
    (command,) = [c for c in sent.commands if "aggregate" in c]
    preference = command["$readPreference"]
    assert (preference["mode"], preference["maxStalenessSeconds"]) == ("secondaryPreferred", 90)
    assert 0 <= found.least_seconds <= found.most_seconds == REPORTING_STALENESS_S
    assert found.aged() == f"data {found.least_seconds} to about 90 s old"
