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

NEAR = Index((("place", "2dsphere"),), "near")
EXPIRING = Index((("sent_at", 1),), "ends by itself", ttl_seconds=60)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": {"status": 1, "start_at": 1}}, "keys are"),
        ({"key": {"start_at": -1, "status": 1}}, "keys are"),
        ({"unique": True}, "unique is True, the registry says not set"),
        ({"expireAfterSeconds": 60}, "expireAfterSeconds is 60"),
        ({"partialFilterExpression": {"a": 1}}, "partialFilterExpression is {'a': 1}"),
        ({"hidden": True}, "hidden is True"),
        ({"sparse": True}, "sparse is True"),
        ({"collation": {"locale": "fr"}}, "collation is {'locale': 'fr'}"),
        ({"storageEngine": {"wiredTiger": {}}}, "storageEngine is"),
        ({"prepareUnique": True}, "prepareUnique is True"),
    ],
)
def test_each_property_that_differs_is_named(changes, why):
    assert index_difference(BY_TIME, live(BY_TIME)) is None
    assert why in str(index_difference(BY_TIME, {**live(BY_TIME), **changes}))


@pytest.mark.parametrize(
    "added", [{"v": 1, "ns": "a.b"}, {"background": True}, {"sparse": False, "hidden": False}]
)
def test_what_the_server_adds_is_no_difference(added):
    assert index_difference(BY_TIME, {**live(BY_TIME), **added}) is None
    assert index_difference(NEAR, {**live(NEAR), "2dsphereIndexVersion": 3, **added}) is None


def test_what_the_registry_asks_for_and_lacks_is_named():
    plain = {name: value for name, value in live(BY_ID).items() if name != "unique"}
    assert index_difference(BY_ID, plain) == "unique is not set, the registry says True"


def test_an_expiry_at_the_moment_itself_is_not_none():
    at_once = replace(EXPIRING, ttl_seconds=0)
    without = {name: value for name, value in live(at_once).items() if name != "expireAfterSeconds"}
    assert index_difference(at_once, live(at_once)) is None
    assert index_difference(at_once, without) == "expireAfterSeconds is not set, the registry says 0"


def test_a_text_index_is_known_by_its_weights_and_its_language():
    found = {"key": {"_fts": "text", "_ftsx": 1}, "weights": {"label": 1}, "default_language": "none"}
    assert index_difference(TEXT, found) is None
    assert index_difference(TEXT, live(TEXT)) is None
    assert "weights is {'other': 1}" in str(index_difference(TEXT, {**found, "weights": {"other": 1}}))
    assert "weights is {'label': 5}" in str(index_difference(TEXT, {**found, "weights": {"label": 5}}))
    assert "override is lang" in str(index_difference(TEXT, {**found, "language_override": "lang"}))
    assert "keys are" in str(index_difference(TEXT, {**found, "key": {"user_id": 1, **found["key"]}}))
    assert "english" in str(index_difference(TEXT, {**found, "default_language": "english"}))
    assert index_document(TEXT)["default_language"] == "none"


def test_only_another_expiry_and_a_hidden_index_are_changed_in_place():
    late = {**live(EXPIRING), "expireAfterSeconds": 90}
    assert in_place(EXPIRING, late) == {"expireAfterSeconds": 60}
    assert in_place(EXPIRING, {**late, "hidden": True}) == {"expireAfterSeconds": 60, "hidden": False}
    assert in_place(BY_TIME, {**live(BY_TIME), "hidden": True}) == {"hidden": False}
    assert in_place(BY_TIME, {**live(BY_TIME), "hidden": True, "sparse": True}) == {}
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
    assert missing_indexes(SESSIONS, {"x": present}) == [BY_TIME]
    assert extra_indexes(SESSIONS, present) == ["odd_1"]


def test_the_servers_own_index_on_the_shard_key_is_no_extra_where_the_registry_has_none():
    bare = replace(SESSIONS, indexes=(BY_TIME,))
    present = {BY_TIME.name: live(BY_TIME), "session_id_1": {"key": {"session_id": 1}}}
    assert extra_indexes(bare, present) == []
    assert extra_indexes(replace(bare, shard_key=()), present) == ["session_id_1"]
