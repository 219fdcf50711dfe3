"""Zone ranges and first chunks."""

import hashlib
import string
from dataclasses import replace
from uuid import UUID

import pytest
from bson import MaxKey, MinKey

from app_core.schema import registry
from app_core.schema.kinds import SHA256, ZONE
from app_core.schema.model import Collection, Field, Index, WriteConcern
from cluster_cli.schema.zones import covers, missing_ranges, split_points, zone_ranges

UUIDS = Field("id", ("binData",))
WORDS = Field("provider", ("string",), values=("google", "apple", "facebook"))
SESSIONS = Collection(
    name="sessions",
    segment="exchange",
    shard_key=("session_id",),
    fields=(Field("session_id", ("binData",)),),
    indexes=(Index((("session_id", 1),), "by id", unique=True),),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)


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
    pair = replace(SESSIONS, shard_key=("provider", "provider_id"), fields=(WORDS,))
    first, second = zone_ranges(pair, 2)
    assert first.low == {"provider": MinKey(), "provider_id": MinKey()}
    assert first.high == second.low == {"provider": "facebook", "provider_id": MinKey()}
    assert second.high == {"provider": MaxKey(), "provider_id": MaxKey()}


def key_of(name):
    collection = registry.collection(name)
    return next(f for f in collection.fields if f.name == collection.shard_key[0])


CUTS = {
    "refresh_tokens": (["8"], ["5", "a"]),
    "phone_verifs": (["+5"], ["+4", "+7"]),
    "identity_links": (["facebook"], ["facebook", "google"]),
    "user_emails": (["i"], ["c", "o"]),
    "device_tokens": (["V"], ["K", "f"]),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_text_is_cut_where_its_values_lie(name):
    assert (split_points(key_of(name), 2), split_points(key_of(name), 3)) == CUTS[name]


@pytest.mark.parametrize("parts", [2, 3, 5])
@pytest.mark.parametrize("name", CUTS)
def test_every_part_gets_its_share_of_the_documents(name, parts):
    values = [samples_text(key_of(name), number) for number in range(3000)]
    points = ["", *split_points(key_of(name), parts), "~"]
    shares = [sum(low <= v < high for v in values) for low, high in zip(points, points[1:], strict=False)]
    assert min(shares) > 0


def samples_text(field, number):
    """Values as they come in the world: each digit, and each letter, as often as another."""
    if field.values:
        return field.values[number % len(field.values)]
    if field.name in ("email", "token"):
        letters = string.digits + string.ascii_lowercase
        letters += string.ascii_uppercase if field.name == "token" else ""
        return f"{letters[number % len(letters)]}{number}@example.org"
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return digest if field.pattern == SHA256 else f"+{number % 9 + 1}{number:09d}"


def test_more_shards_than_words_are_fewer_parts():
    assert split_points(WORDS, 9) == ["facebook", "google"]


def test_uuids_are_cut_into_equal_parts():
    points = split_points(UUIDS, 4)
    assert [p.hex[:8] for p in points] == ["40000000", "80000000", "c0000000"]
    assert all(isinstance(p, UUID) for p in points)
    assert split_points(Field("at", ("date",)), 4) == []
    assert split_points(UUIDS, 1) == []
    assert split_points(Field("zone", ("string",), pattern=ZONE), 4) == []


@pytest.mark.parametrize("name", ["user_emails", "device_tokens"])
def test_a_collection_that_was_zoned_in_one_piece_stays_so(name):
    collection = registry.collection(name)
    assert len(zone_ranges(collection, 2)) == 2
    assert missing_ranges(collection, zone_ranges(collection, 1), 2) == []


def test_only_what_an_interrupted_run_left_out_is_added():
    first, second = zone_ranges(SESSIONS, 2)
    assert missing_ranges(SESSIONS, [], 2) == [first, second]
    assert missing_ranges(SESSIONS, [first], 2) == [second]
    assert missing_ranges(SESSIONS, [first, second], 2) == []
    assert missing_ranges(SESSIONS, zone_ranges(SESSIONS, 1), 2) == []
    assert missing_ranges(replace(SESSIONS, shard_key=()), [], 2) == []


@pytest.mark.parametrize("collection", registry.collections(), ids=lambda c: c.name)
def test_every_sharded_collection_is_zoned_whole(collection):
    if collection.shard_key:
        assert covers(zone_ranges(collection, 2), collection.segment, collection.shard_key)
    else:
        assert missing_ranges(collection, [], 2) == []
