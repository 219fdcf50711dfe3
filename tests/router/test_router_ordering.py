"""Order and hash of shard key values, as the server has them."""

from __future__ import annotations

import datetime

import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given
from hypothesis import strategies as st

from infra.router.ordering import hash64, sort_key

ASCENDING = [
    MinKey(), None, float("nan"), -(2**63), -1.5, 0, Decimal128("0.5"), 1, 2**62, "", "a", "ab", "b", {},
    {"a": 1},
    {"a": 2}, [], [1], [1, 2], Binary(b""), Binary(b"b"), Binary(b"aa"), ObjectId("0" * 24), False, True,
    datetime.datetime(1960, 1, 1), datetime.datetime(2020, 1, 1), Timestamp(1, 1), Timestamp(1, 2),
    Regex("a"),
    MaxKey(),
]  # fmt: skip


def test_types_and_values_are_in_the_servers_order() -> None:
    keys = [sort_key(value) for value in ASCENDING]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, Int64(1)), (2, Decimal128("2.0")), (-0.0, 0)])
def test_equal_numbers_of_different_types(one: object, other: object) -> None:
    assert sort_key(one) == sort_key(other)
    assert hash64(one) == hash64(other)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers(one: int, other: int) -> None:
    assert (sort_key(one) < sort_key(other)) == (one < other)


def test_hash_is_the_servers() -> None:
    assert hash64("5") == 6121343703616226652


def test_hash_of_fractions_counts_the_whole_part() -> None:
    assert hash64(5.9) == hash64(5)
    assert hash64({"a": [1, "x"]}) != hash64({"a": [1, "y"]})


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError):
        sort_key(object())
    assert sort_key(Code("x")) > sort_key("x")
