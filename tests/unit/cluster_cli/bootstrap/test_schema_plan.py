"""What the social schema lacks, in every state that an interrupted run can leave."""

from dataclasses import replace
from uuid import UUID

import pytest
from bson import MaxKey, MinKey

from app_core.errors import UnhealthyError
from app_core.schema import registry
from app_core.schema.model import Collection, Field, Index, WriteConcern
from cluster_cli.bootstrap.schema_plan import (
    Seen,
    collection_commands,
    covers,
    index_difference,
    index_document,
    missing_indexes,
    split_points,
    wants_unique_key,
    zone_ranges,
)

NOTHING = Seen(exists=False, key=None, ranges=(), indexes={})
BY_ID = Index((("session_id", 1),), "by id", unique=True)
BY_TIME = Index((("status", 1), ("start_at", -1)), "by time")
TEXT = Index((("label", "text"),), "search")
SESSIONS = Collection(
    name="sessions",
    segment="exchange",
    shard_key=("session_id",),
    fields=(Field("session_id", ("binData",)),),
    indexes=(BY_ID, BY_TIME),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)
BADGES = replace(SESSIONS, name="badges", segment="members", shard_key=(), indexes=(BY_TIME,))


def live(index):
    document = index_document(index)
    return {**document, "v": 2}


def verbs(commands):
    return [next(iter(command)) for _, command in commands]


def test_a_missing_collection_gets_its_zone_before_its_first_chunk():
    commands = collection_commands(SESSIONS, NOTHING, shards=1)
    assert verbs(commands) == ["updateZoneKeyRange", "shardCollection", "createIndexes"]
    assert commands[0][1]["min"] == {"session_id": MinKey()}
    assert commands[0][1]["max"] == {"session_id": MaxKey()}
    assert commands[0][1]["zone"] == "exchange"


def test_the_index_on_the_shard_key_comes_with_the_sharding():
    _, shard, indexes = (command for _, command in collection_commands(SESSIONS, NOTHING, shards=1))
    assert shard["unique"] is True
    assert [i["name"] for i in indexes["indexes"]] == [BY_TIME.name]


@pytest.mark.parametrize("shards", [1, 2, 3])
def test_the_parts_of_a_segment_adjoin_and_cover_everything(shards):
    ranges = zone_ranges(SESSIONS, shards)
    assert len(ranges) == shards
    assert covers(ranges, "exchange", ("session_id",))
    for left_out in range(shards):
        some = [r for number, r in enumerate(ranges) if number != left_out]
        assert not covers(some, "exchange", ("session_id",))


def test_a_range_of_another_zone_does_not_count():
    wrong = tuple(replace(r, zone="members") for r in zone_ranges(SESSIONS, 1))
    assert not covers(wrong, "exchange", ("session_id",))


def test_compound_keys_are_bounded_in_every_field():
    pair = replace(SESSIONS, shard_key=("provider", "provider_id"), fields=(Field("provider", ("string",)),))
    first, second = zone_ranges(pair, 2)
    assert first.low == {"provider": MinKey(), "provider_id": MinKey()}
    assert first.high == second.low == {"provider": "i", "provider_id": MinKey()}
    assert second.high == {"provider": MaxKey(), "provider_id": MaxKey()}


def test_uuids_are_cut_into_equal_parts():
    points = split_points(("binData",), 4)
    assert [p.hex[:8] for p in points] == ["40000000", "80000000", "c0000000"]
    assert all(isinstance(p, UUID) for p in points)
    assert split_points(("date",), 4) == []
    assert split_points(("binData",), 1) == []


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (NOTHING, ["updateZoneKeyRange", "shardCollection", "createIndexes"]),
        (replace(NOTHING, ranges=zone_ranges(SESSIONS, 1)), ["shardCollection", "createIndexes"]),
        (
            Seen(True, ("session_id",), zone_ranges(SESSIONS, 1), {BY_ID.name: live(BY_ID)}),
            ["createIndexes"],
        ),
        (
            Seen(
                True,
                ("session_id",),
                zone_ranges(SESSIONS, 1),
                {BY_ID.name: live(BY_ID), BY_TIME.name: live(BY_TIME)},
            ),
            [],
        ),
    ],
)
def test_an_interrupted_run_is_finished_and_a_finished_one_left_alone(seen, left):
    assert verbs(collection_commands(SESSIONS, seen, shards=1)) == left


def test_half_of_the_zone_ranges_is_completed():
    seen = replace(NOTHING, ranges=zone_ranges(SESSIONS, 2)[:1])
    commands = collection_commands(SESSIONS, seen, shards=2)
    assert verbs(commands) == ["updateZoneKeyRange", "shardCollection", "createIndexes"]
    assert commands[0][1]["min"] == zone_ranges(SESSIONS, 2)[1].low


def test_an_unsharded_collection_is_created_plainly():
    assert verbs(collection_commands(BADGES, NOTHING, shards=1)) == ["create", "createIndexes"]
    done = Seen(True, None, (), {BY_TIME.name: live(BY_TIME)})
    assert collection_commands(BADGES, done, shards=1) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": {"status": 1, "start_at": 1}}, "keys are"),
        ({"key": {"start_at": -1, "status": 1}}, "keys are"),
        ({"unique": True}, "unique"),
        ({"expireAfterSeconds": 60}, "expires after 60 s"),
        ({"partialFilterExpression": {"a": 1}}, "another partial filter"),
    ],
)
def test_an_index_that_differs_is_refused_with_the_difference(changes, why):
    with pytest.raises(UnhealthyError, match=why):
        missing_indexes(SESSIONS, {BY_ID.name: live(BY_ID), BY_TIME.name: {**live(BY_TIME), **changes}})


def test_a_text_index_is_known_by_its_weights():
    found = {"key": {"_fts": "text", "_ftsx": 1}, "weights": {"label": 1}}
    assert index_difference(TEXT, found) is None
    assert index_difference(TEXT, {**found, "weights": {"other": 1}}) == "text of other"


def test_a_unique_index_over_more_than_the_key_leaves_the_key_plain():
    review = replace(SESSIONS, indexes=(Index((("session_id", 1), ("reviewer_id", 1)), "one", unique=True),))
    assert wants_unique_key(SESSIONS)
    assert not wants_unique_key(review)


@pytest.mark.parametrize("collection", registry.collections(), ids=lambda c: c.name)
def test_every_registered_collection_has_a_plan(collection):
    commands = collection_commands(collection, NOTHING, shards=2)
    assert commands[-1][1]["createIndexes"] == collection.name or not collection.indexes
    assert covers(zone_ranges(collection, 2), collection.segment, collection.shard_key)
