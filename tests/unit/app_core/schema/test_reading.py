"""Older names of fields are read, never written."""

from __future__ import annotations

import pytest

from app_core.schema import registry
from app_core.schema.reading import read


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ({"motivation": 3, "stars": 5}, {"engagement": 3, "stars": 5}),
        ({"engagement": 4}, {"engagement": 4}),
        ({"motivation": 3, "engagement": 4}, {"engagement": 4}),
        ({}, {}),
    ],
)
def test_motivation_is_engagement(stored, seen):
    assert read(registry.collection("reviews"), stored) == seen


def test_another_collection_keeps_the_word():
    assert read(registry.collection("users"), {"motivation": 3}) == {"motivation": 3}
