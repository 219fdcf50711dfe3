"""What probers read out of the servers' answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect, WTimeoutError

from cluster_cli.drills.probes.base import Prober, Probers
from cluster_cli.drills.probes.board import Board
from cluster_cli.drills.probes.mongo import WriteProber, term_of
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


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        ({"ok": 1, "n": 1, "opTime": {"t": 3}}, ["acked"]),
        ({"ok": 1, "n": 1, "writeConcernError": {"code": 64}}, ["indeterminate"]),
        (WTimeoutError("waiting for replication timed out"), ["indeterminate"]),
        ({"ok": 1, "n": 0, "writeErrors": [{"code": 13388}]}, []),  # a shard that has just elected
        (AutoReconnect("closed"), []),
    ],
)
def test_a_write_counts_as_acknowledged_only_where_it_was_made(answer: Any, outcomes: list[str]) -> None:
    def command(*_: object, **__: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    found: list[Any] = []
    database = SimpleNamespace(command=command)
    site = SimpleNamespace(mongo_member=lambda *_: Client(database))
    board = SimpleNamespace(claims=lambda _: True)
    endpoint, clock = SimpleNamespace(member="a", group="exchange-1"), SimpleNamespace(now=lambda: 1.0)
    parts = cast(Any, (site, endpoint, SimpleNamespace(add=found.append), clock, board))
    WriteProber(*parts, durable=False).ask()
    assert [write.outcome for write in found] == outcomes


class Client(dict[str, Any]):
    """A driver whose every database answers the same."""

    codec_options = None

    def __init__(self, database: object) -> None:
        super().__init__()
        self.database = database

    def __missing__(self, _: str) -> Any:
        return self.database
