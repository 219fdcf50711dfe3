"""Indexes as the server takes them, and what a live one has otherwise."""

from dataclasses import replace

import pytest

from app_core.schema.model import Index
from cluster_cli.schema.indexes import (
    extra_indexes,
    in_place,
    index_difference,
    index_document,
    missing_indexes,
    wants_unique_key,
)
from tests.unit.cluster_cli.schema.live import BY_ID, BY_TIME, SESSIONS, TEXT, live

EXPIRING = Index((("sent_at", 1),), "ends by itself", ttl_seconds=60)


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
def test_each_property_that_differs_is_named(changes, why):
    assert index_difference(BY_TIME, live(BY_TIME)) is None
    assert why in str(index_difference(BY_TIME, {**live(BY_TIME), **changes}))


def test_a_text_index_is_known_by_its_weights_and_its_language():
    found = {"key": {"_fts": "text", "_ftsx": 1}, "weights": {"label": 1}, "default_language": "none"}
    assert index_difference(TEXT, found) is None
    assert index_difference(TEXT, {**found, "weights": {"other": 1}}) == "text of other"
    assert "english" in str(index_difference(TEXT, {**found, "default_language": "english"}))
    assert index_document(TEXT)["default_language"] == "none"


def test_only_another_expiry_is_changed_in_place():
    assert in_place(EXPIRING, {**live(EXPIRING), "expireAfterSeconds": 90})
    assert not in_place(EXPIRING, {**live(EXPIRING), "expireAfterSeconds": 90, "unique": True})
    assert not in_place(replace(EXPIRING, ttl_seconds=None), live(EXPIRING))
    without = {key: value for key, value in live(EXPIRING).items() if key != "expireAfterSeconds"}
    assert not in_place(EXPIRING, without)


def test_a_unique_index_over_more_than_the_key_leaves_the_key_plain():
    review = replace(SESSIONS, indexes=(Index((("session_id", 1), ("reviewer_id", 1)), "one", unique=True),))
    assert wants_unique_key(SESSIONS)
    assert not wants_unique_key(review)


def test_missing_and_extra_ones():
    present = {"_id_": {"key": {"_id": 1}}, BY_ID.name: live(BY_ID), "odd_1": {"key": {"odd": 1}}}
    assert [d["name"] for d in missing_indexes(SESSIONS, present)] == [BY_TIME.name]
    assert extra_indexes(SESSIONS, present) == ["odd_1"]


def test_the_servers_own_index_on_the_shard_key_is_no_extra_where_the_registry_has_none():
    bare = replace(SESSIONS, indexes=(BY_TIME,))
    present = {BY_TIME.name: live(BY_TIME), "session_id_1": {"key": {"session_id": 1}}}
    assert extra_indexes(bare, present) == []
    assert extra_indexes(replace(bare, shard_key=()), present) == ["session_id_1"]
