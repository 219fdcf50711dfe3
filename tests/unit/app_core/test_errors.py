"""What an error says, as words and as data."""

import pytest

from app_core.errors import UsageError


@pytest.mark.parametrize(
    ("on", "shown"), [("pg9", "pg9"), ("", "''"), (" pg1", "' pg1'"), ("a\nb", "'a\\nb'"), ("é", "é")]
)
def test_what_cannot_be_seen_is_quoted_in_words_and_as_it_is_in_data(on, shown):
    error = UsageError("unknown member", on=on)
    assert str(error) == f"unknown member: {shown}"
    assert error.as_dict()["on"] == on


def test_without_an_object_nothing_stands_for_it():
    assert str(UsageError("which shard?", why="known: a")) == "which shard?: known: a"
