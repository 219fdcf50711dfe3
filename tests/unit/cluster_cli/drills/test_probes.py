"""What probers read out of the servers' answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from bson import ObjectId

from cluster_cli.drills.probes.base import Prober, Probers
from cluster_cli.drills.probes.board import Board
from cluster_cli.drills.probes.mongo import term_of
from cluster_cli.drills.records import Role, RoleSeen


@pytest.mark.parametrize(
    ("hello", "term"),
    [
        ({"isWritablePrimary": True, "electionId": ObjectId("7fffffff0000000000000005")}, 5),
        ({"isWritablePrimary": False, "lastWrite": {"opTime": {"t": 4}}}, 4),
        ({"isWritablePrimary": False}, 0),
    ],
)
def test_term(hello: dict[str, Any], term: int) -> None:
    assert term_of(hello) == term


def seen(member: str, role: Role, term: int) -> RoleSeen:
    return RoleSeen(1.0, "social", "exchange-1", member, role, term)


def test_the_board_follows_the_highest_term() -> None:
    board = Board()
    assert board.primary("exchange-1") == ""
    board.saw(seen("a", "primary", 3))
    board.saw(seen("b", "primary", 4))
    board.saw(seen("a", "primary", 3))  # a stale primary still claims the role
    assert board.primary("exchange-1") == "b"
    assert board.claims("a")
    board.saw(seen("a", "down", 0))
    assert not board.claims("a")


def test_probers_that_were_interrupted_before_they_began_are_stopped() -> None:
    closed: list[str] = []
    prober = SimpleNamespace(ask=lambda: closed.append("asked"), close=lambda: closed.append("closed"))
    Probers([cast(Prober, cast(Any, prober))]).stop()
    assert closed == ["closed"]
