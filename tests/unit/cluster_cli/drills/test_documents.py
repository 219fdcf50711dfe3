"""The documents of the social load."""

from __future__ import annotations

import pytest

from cluster_cli.drills.workloads.documents import GROUPS, MESSAGES, REVIEWS, SESSIONS, SKILLS, Kind


@pytest.mark.parametrize(
    ("kind", "can"), [(SESSIONS, True), (REVIEWS, False), (MESSAGES, True), (GROUPS, True), (SKILLS, True)]
)
def test_what_the_database_itself_refuses_twice_is_not_sent_again_under_a_new_id(
    kind: Kind, can: bool
) -> None:
    assert kind.can_be_doubled is can
