"""Query templates: words to conditions, conditions to filters and SQL."""

from __future__ import annotations

import pytest

from app_core.schema.queries import described, equal_fields, mongo_filter, one_shard, query, sql_select

DOCUMENT = {"user_id": 7, "at": 3, "langs": ["fr", "en"], "place": {"type": "Point"}, "label": "guitar"}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (query("user_id", "at>="), {"user_id": 7, "at": {"$gte": 3}}),
        (query("at<", status="DONE"), {"at": {"$lt": 3}, "status": "DONE"}),
        (query("langs"), {"langs": "fr"}),
        (query("label~text"), {"$text": {"$search": "guitar"}}),
        (query(), {}),
    ],
)
def test_filters(template, found):
    assert mongo_filter(template, DOCUMENT) == found


def test_near_asks_for_a_radius():
    found = mongo_filter(query("place~near"), DOCUMENT)
    assert found["place"]["$near"]["$geometry"] == {"type": "Point"}
    assert found["place"]["$near"]["$maxDistance"] > 0


def test_a_nested_value_is_found_and_a_missing_one_is_an_error():
    assert mongo_filter(query("a.b"), {"a": {"b": 1}}) == {"a.b": 1}
    with pytest.raises(KeyError):
        mongo_filter(query("a.c"), {"a": {"b": 1}})


def test_only_equality_on_the_whole_shard_key_asks_one_shard():
    assert one_shard(query("user_id", "at>="), ("user_id",))
    assert one_shard(query(user_id=1), ("user_id",))
    assert not one_shard(query("user_id>="), ("user_id",))
    assert not one_shard(query("a"), ("a", "b"))
    assert equal_fields(query("a", "b<", c=1)) == {"a", "c"}


def test_sql():
    text, columns = sql_select(query("user_id", "at>=", status="open", sort="-at id", limit=10), "invoice")
    assert text == (
        "SELECT * FROM invoice WHERE user_id = %s AND at >= %s AND status = 'open' "
        "ORDER BY at DESC, id LIMIT 10"
    )
    assert columns == ("user_id", "at")


def test_a_field_without_a_value():
    template = query(published_at=None, sort="number", done=True)
    assert sql_select(template, "outbox") == (
        "SELECT * FROM outbox WHERE published_at IS NULL AND done = 'True' ORDER BY number LIMIT 50",
        (),
    )
    assert mongo_filter(template, {}) == {"published_at": None, "done": True}
    assert described(template) == "published_at is null, done = True by number ↑"


def test_words_for_people():
    assert described(query("a", "b<", c=1, sort="-d e")) == "a = ?, b < ?, c = 1 by d ↓, e ↑"


@pytest.mark.parametrize("word", ["a!", "", "A", "a~like", "a >= 1"])
def test_another_word_is_refused(word):
    with pytest.raises(ValueError, match="no condition"):
        query(word)
