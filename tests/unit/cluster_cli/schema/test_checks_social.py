"""Each kind of difference on the social side: what must be found, and when nothing is."""

import re
from dataclasses import replace

import pytest
from bson import json_util
from bson.binary import UuidRepresentation

from app_core.schema import registry
from app_core.schema.model import Index
from cluster_cli.schema import checks
from cluster_cli.schema.differences import blocking, to_apply
from cluster_cli.schema.social import SocialFacts
from cluster_cli.schema.social_facts import LiveSocial, Seen
from cluster_cli.schema.zones import range_command, zone_ranges
from tests.unit.cluster_cli.schema.live import BY_ID, BY_TIME, SESSIONS, live, named, whole

BADGES = replace(SESSIONS, name="badges", segment="members", shard_key=(), indexes=(BY_TIME,))
NS = SESSIONS.namespace
SEGMENTS = {"exchange": ("x",), "members": ("m",)}
SHARDS = ({"_id": "x", "tags": ["exchange"]}, {"_id": "m", "tags": ["members"]})
DATABASES = ({"_id": "exchange", "primary": "x"}, {"_id": "members", "primary": "m"})
PLACED = LiveSocial(SEGMENTS, {}, SHARDS, DATABASES)


def found(*collections, **seen):
    """The differences of a cluster in which `seen` replaces what is whole (None: absent)."""
    there = {c.namespace: whole(c) for c in collections}
    for name, changed in seen.items():
        namespace = next(ns for ns in [*there, f"exchange.{name}"] if ns.endswith(f".{name}"))
        if changed is None:
            del there[namespace]
        else:
            there[namespace] = changed
    return of(LiveSocial(SEGMENTS, there, SHARDS, DATABASES), *collections)


def of(live_social, *collections):
    """The differences of a cluster with these collections in the registry."""
    return checks.differences("social", SocialFacts(collections, live_social))


def verbs(differences):
    return [next(iter(command)) for d in differences for _, command in d.commands]


def test_nothing_differs_in_a_whole_cluster():
    assert found(*registry.collections()) == []


def test_a_missing_collection_gets_zone_validator_and_indexes_before_its_first_chunk():
    (one,) = found(SESSIONS, sessions=None)
    assert (one.kind, one.object, one.act) == ("missing-collection", NS, "apply")
    assert verbs([one]) == ["updateZoneKeyRange", "create", "createIndexes", "shardCollection"]
    assert one.commands[1][1]["validationAction"] == "error"
    assert one.commands[-1][1]["unique"] is True


def test_zones_that_a_killed_run_made_are_not_made_again():
    (one,) = found(SESSIONS, sessions=Seen(ranges=zone_ranges(SESSIONS, 1)))
    assert verbs([one]) == ["create", "createIndexes", "shardCollection"]


def test_an_unsharded_collection_is_created_plainly():
    assert verbs(found(BADGES, badges=None)) == ["create", "createIndexes"]


def changed(collection=SESSIONS, **changes):
    return replace(whole(collection), **changes)


INTERRUPTED = {
    "created only": (
        Seen(exists=True, ranges=zone_ranges(SESSIONS, 1), on={"x": {"_id_": {"key": {"_id": 1}}}}),
        ["createIndexes", "shardCollection", "collMod"],
    ),
    "indexed, not sharded": (changed(key=None), ["shardCollection"]),
    "no zone": (changed(ranges=()), ["updateZoneKeyRange"]),
    "no zone, not sharded": (changed(key=None, ranges=()), ["updateZoneKeyRange", "shardCollection"]),
    "one index": (changed(on={"x": named([BY_ID])}), ["createIndexes"]),
    "no validator": (changed(options={}), ["collMod"]),
}


@pytest.mark.parametrize(("seen", "left"), INTERRUPTED.values(), ids=INTERRUPTED.keys())
def test_an_interrupted_run_is_finished(seen, left):
    differences = found(SESSIONS, sessions=seen)
    assert verbs(differences) == left
    assert to_apply(differences, frozenset()) == differences
    assert blocking(differences, frozenset()) == []


def test_missing_indexes_are_named_one_by_one_and_built_by_one_command():
    differences = found(SESSIONS, sessions=changed(on={"x": {}}))
    assert [d.object for d in differences] == [f"{NS} {BY_ID.name}", f"{NS} {BY_TIME.name}"]
    assert verbs(differences) == ["createIndexes"]


def test_an_index_that_is_another_blocks_until_it_is_named():
    wrong = {**live(BY_TIME), "unique": True}
    (one,) = found(SESSIONS, sessions=changed(on={"x": {**named([BY_ID]), BY_TIME.name: wrong}}))
    assert blocking([one], frozenset()) == [one]
    allowed = frozenset({f"{NS}.{BY_TIME.name}"})
    assert blocking([one], allowed) == []
    assert verbs(to_apply([one], allowed)) == ["dropIndexes", "createIndexes"]


def test_a_hidden_index_is_shown_again_in_place():
    hidden = {**live(BY_TIME), "hidden": True}
    (one,) = found(SESSIONS, sessions=changed(on={"x": {**named([BY_ID]), BY_TIME.name: hidden}}))
    assert (one.act, one.blocks, one.cure) == ("apply", False, "collMod (in place)")
    change = {"name": BY_TIME.name, "hidden": False}
    assert one.commands == (("exchange", {"collMod": "sessions", "index": change}),)


TWO = {"x": named([BY_ID, BY_TIME]), "y": named([BY_ID, BY_TIME])}
"""A collection that lies on two shards."""
ODD = {"key": {"odd": 1}}
UNIQUE = {**live(BY_TIME), "unique": True}
HIDDEN = {**live(BY_TIME), "hidden": True}
UNEVEN = {
    "missing on one": (
        {"y": named([BY_ID])},
        ("missing-index", BY_TIME.name, "the index is missing on y", ["createIndexes"]),
    ),
    "of no use on one": (
        {"x": {**TWO["x"], BY_TIME.name: HIDDEN}},
        ("index-differs", BY_TIME.name, "on x: hidden is True, the registry says not set", ["collMod"]),
    ),
    "another on one": (
        {"y": {**TWO["y"], BY_TIME.name: UNIQUE}},
        (
            "index-differs",
            BY_TIME.name,
            "on y: unique is True, the registry says not set",
            ["dropIndexes", "createIndexes"],
        ),
    ),
    "hidden on one, missing on the other": (
        {"x": {**named([BY_ID]), BY_TIME.name: HIDDEN}, "y": named([BY_ID])},
        (
            "index-differs",
            BY_TIME.name,
            "on x: hidden is True, the registry says not set",
            ["dropIndexes", "createIndexes"],
        ),
    ),
    "too much on one": (
        {"y": {**TWO["y"], "odd_1": ODD}},
        ("extra-index", "odd_1", "the registry does not have this index on y", ["dropIndexes"]),
    ),
    "too much on both": (
        {shard: {**indexes, "odd_1": ODD} for shard, indexes in TWO.items()},
        ("extra-index", "odd_1", "the registry does not have this index", ["dropIndexes"]),
    ),
}


@pytest.mark.parametrize(("on", "told"), UNEVEN.values(), ids=UNEVEN.keys())
def test_an_index_is_compared_on_every_shard_that_holds_the_collection(on, told):
    assert found(SESSIONS, sessions=changed(on=TWO)) == []
    (one,) = found(SESSIONS, sessions=changed(on={**TWO, **on}))
    assert (one.kind, one.object, one.detail, verbs([one])) == (told[0], f"{NS} {told[1]}", *told[2:])


EXPIRING = Index((("start_at", 1),), "ends", ttl_seconds=60)
ENDING = replace(SESSIONS, indexes=(BY_ID, EXPIRING, BY_TIME))


def ending(seconds, **changes):
    """A collection whose live index ends documents after so long; None: it has no such index."""
    indexes = named([BY_ID, BY_TIME])
    if seconds is not None:
        indexes[EXPIRING.name] = {**live(EXPIRING), "expireAfterSeconds": seconds}
    return changed(ENDING, on={"x": indexes}, **changes)


@pytest.mark.parametrize(
    ("seconds", "verb"), [(None, "createIndexes"), (90, "collMod"), (float("nan"), "collMod")]
)
def test_what_lets_the_servers_delete_documents_must_be_named(seconds, verb):
    (one,) = found(ENDING, sessions=ending(seconds))
    assert (one.act, one.name, one.blocks) == ("drop", f"{NS}.{EXPIRING.name}", False)
    assert f"--allow-drop {one.name} (" in one.cure
    assert "delete" in one.cure
    assert to_apply([one], frozenset()) == []
    assert verbs(to_apply([one], frozenset({one.name}))) == [verb]


@pytest.mark.parametrize(
    "seen",
    [ending(None, empty=True), ending(90, empty=True), ending(30), ending(30, empty=True)],
    ids=["none, empty", "shorter, empty", "longer", "longer, empty"],
)
def test_an_expiry_that_deletes_nothing_is_applied(seen):
    (one,) = found(ENDING, sessions=seen)
    assert (one.act, one.name) == ("apply", "")
    assert len(verbs([one])) == 1


@pytest.mark.parametrize("empty", [True, False])
def test_indexes_beside_an_expiring_one_are_built_without_its_name(empty):
    differences = found(ENDING, sessions=changed(ENDING, on={"x": {}}, empty=empty))
    assert [d.object for d in differences] == [f"{NS} {index.name}" for index in ENDING.indexes]
    built = [
        i["name"] for d in to_apply(differences, frozenset()) for _, c in d.commands for i in c["indexes"]
    ]
    assert built == [index.name for index in ENDING.indexes if empty or index is not EXPIRING]


def test_extra_indexes_and_collections_stay_until_they_are_named():
    odd = {**whole(SESSIONS).indexes, "odd_1": {"key": {"odd": 1}}}
    differences = found(SESSIONS, sessions=changed(on={"x": odd}), stray=Seen(exists=True))
    assert [(d.kind, d.name) for d in differences] == [
        ("extra-index", f"{NS}.odd_1"),
        ("extra-collection", "exchange.stray"),
    ]
    assert blocking(differences, frozenset()) == []
    assert to_apply(differences, frozenset()) == []
    assert verbs(to_apply(differences, frozenset({"exchange.stray"}))) == ["drop"]


def test_another_shard_key_needs_a_reshard_with_size_and_estimate():
    (one,) = found(SESSIONS, sessions=changed(key=(("user_id", 1),), size_bytes=3_000_000_000))
    assert (one.act, one.work, one.blocks) == ("person", "reshard", True)
    assert (one.size_bytes, one.estimate_seconds) == (3_000_000_000, 600.0)
    assert "user_id" in one.detail


def test_a_sharded_collection_that_the_registry_leaves_whole_is_a_persons_affair():
    (one,) = found(BADGES, badges=replace(whole(BADGES), key=(("_id", 1),)))
    assert (one.kind, one.act, one.blocks) == ("shard-key", "person", True)
    assert one.cure.startswith("unshardCollection members.badges (copies every document, MongoDB 8.0)")


def test_a_hashed_shard_key_is_not_the_ranged_one():
    (one,) = found(SESSIONS, sessions=changed(key=(("session_id", "hashed"),)))
    assert (one.kind, one.act, one.blocks) == ("shard-key", "person", True)
    assert one.detail == "sharded by session_id (hashed), the registry says session_id"


PLACEMENT = {
    "a shard without its zone": (
        {"shard_entries": ({"_id": "x"}, SHARDS[1])},
        ("shard-zone", "x", 'db.adminCommand({addShardToZone: "x", zone: "exchange"})'),
    ),
    "a shard in another segment's zone too": (
        {"shard_entries": (SHARDS[0], {"_id": "m", "tags": ["members", "exchange"]})},
        ("shard-zone", "m", 'db.adminCommand({removeShardFromZone: "m", zone: "exchange"})'),
    ),
    "a shard of no segment in a zone": (
        {"shard_entries": (*SHARDS, {"_id": "old", "tags": ["members"]})},
        ("shard-zone", "old", 'db.adminCommand({removeShardFromZone: "old", zone: "members"})'),
    ),
    "a database with its primary in another segment": (
        {"database_entries": (DATABASES[0], {"_id": "members", "primary": "x"})},
        ("primary-shard", "members", 'db.adminCommand({movePrimary: "members", to: "m"})'),
    ),
    "a view": (
        {"views": ("exchange.names",)},
        ("extra-view", "exchange.names", "swapctl schema apply --allow-drop exchange.names"),
    ),
    "a database of nobody": (
        {"others": ("attic",)},
        ("extra-database", "attic", "look at what is in it, then in mongosh: use attic; db.dropDatabase()"),
    ),
}


@pytest.mark.parametrize(("changes", "told"), PLACEMENT.values(), ids=PLACEMENT.keys())
def test_what_lies_elsewhere_or_is_too_much_is_told_and_left(changes, told):
    assert of(PLACED) == []
    (one,) = of(replace(PLACED, **changes))
    assert (one.kind, one.object, one.cure.partition(" (")[0]) == (
        told[0],
        told[1],
        told[2].partition(" (")[0],
    )
    assert to_apply([one], frozenset()) == blocking([one], frozenset()) == []


def test_a_view_goes_when_it_is_named():
    (one,) = of(replace(PLACED, views=("exchange.names",)))
    (drop,) = to_apply([one], frozenset({"exchange.names"}))
    assert drop.commands == (("exchange", {"drop": "names"}),)


def test_keys_in_another_zone_are_a_persons_affair():
    wrong = tuple(replace(r, zone="members") for r in zone_ranges(SESSIONS, 1))
    (one,) = found(SESSIONS, sessions=changed(ranges=wrong))
    assert (one.kind, one.act) == ("zone", "person")
    assert "members" in one.detail


FAR = {"m": whole(SESSIONS).indexes, "x": whole(SESSIONS).indexes}
"""It lies in another segment too."""


@pytest.mark.parametrize("shards", [("x",), ("x", "y")])
def test_a_zone_that_would_move_documents_is_a_persons_affair(shards):
    there = {NS: changed(ranges=(), on=FAR, size_bytes=7000)}
    segments = {**SEGMENTS, "exchange": shards}
    (one,) = [d for d in of(replace(PLACED, segments=segments, seen=there), SESSIONS) if d.kind == "zone"]
    assert (one.act, one.size_bytes) == ("person", 7000)
    assert one.detail.endswith(" parts of the keys are not in zone exchange, documents lie on m")
    parts = re.findall(r"EJSON\.parse\('(.*?)'\)", one.cure)
    standard = json_util.JSONOptions(uuid_representation=UuidRepresentation.STANDARD)
    commands = [json_util.loads(part, json_options=standard) for part in parts]
    assert commands == [range_command(part) for part in zone_ranges(SESSIONS, len(shards))]


@pytest.mark.parametrize(
    "changes", [{"on": FAR, "empty": True}, {"empty": False}], ids=["empty", "in its segment"]
)
def test_a_zone_that_moves_no_document_is_applied(changes):
    (one,) = found(SESSIONS, sessions=changed(ranges=(), **changes))
    assert (one.kind, one.act, verbs([one])) == ("zone", "apply", ["updateZoneKeyRange"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"validationAction": "warn"}, "validationAction is warn"),
        ({"validationLevel": "moderate"}, "validationLevel is moderate"),
        ({"validator": {"$jsonSchema": {"bsonType": "object"}}}, "$and is missing"),
        (
            {"validator": {"$and": [{"$jsonSchema": {"bsonType": "object"}}, {}, {}]}},
            "$and.0.$jsonSchema.properties is missing",
        ),
    ],
)
def test_a_validator_that_differs_says_where(options, why):
    (one,) = found(SESSIONS, sessions=changed(options={**whole(SESSIONS).options, **options}))
    assert one.kind == "validator"
    assert why in one.detail


def test_a_long_value_is_cut_in_the_sentence():
    long = {"$and": [{"$jsonSchema": {"bsonType": "object", "required": ["x" * 500]}}]}
    (one,) = found(SESSIONS, sessions=changed(options={**whole(SESSIONS).options, "validator": long}))
    assert "…, the registry says" in one.detail
    assert len(one.detail) < 300


@pytest.mark.parametrize("check", checks.registry(), ids=lambda c: f"{c.domain}-{c.name}")
def test_every_check_says_what_it_finds(check):
    assert check.finds.endswith(".")
    assert check.domain in ("social", "payments")
