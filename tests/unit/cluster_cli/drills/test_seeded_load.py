"""The seed decides what the clients do, and the same seed decides the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli.drills import load as loads
from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.load import SPREAD, Load
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.workloads import factory
from cluster_cli.drills.workloads.base import FIRST_VALUES, Client
from infra.context import Context
from infra.topology import load_topology
from tests.unit.cluster_cli.drills import recorded

CTX = cast(Context, cast(Any, SimpleNamespace(topology=load_topology("sandbox"))))
VALUES = 200


def clients(name: str, seed: int) -> list[Client]:
    return list(factory(name)(CTX, RunPlan("run-1", seed)).clients())


def kinds(client: Client, count: int = VALUES) -> list[str]:
    """The collections or tables of a client's first values."""
    return [client.intend(number).target for number in range(count)]


@pytest.mark.parametrize("name", ["payments", "members"])
def test_the_order_of_the_kinds_follows_the_seed(name: str) -> None:
    first, again, other = clients(name, 1)[0], clients(name, 1)[0], clients(name, 2)[0]
    assert kinds(first) == kinds(again) != kinds(other)
    assert kinds(first) != kinds(clients(name, 1)[1])  # each client has an order of its own


@pytest.mark.parametrize("name", ["payments", "exchange", "members"])
@pytest.mark.parametrize("seed", [1, 2])
def test_each_kind_is_written_as_often_as_any_other_and_soon(name: str, seed: int) -> None:
    for client in clients(name, seed):
        counts = Counter(kinds(client))
        assert len(set(counts.values())) == 1
        assert set(kinds(client, FIRST_VALUES)) == set(counts)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_review_follows_the_meeting_that_it_is_about(seed: int) -> None:
    client = clients("exchange", seed)[0]
    written: set[str] = set()
    for intent in map(client.intend, range(VALUES)):
        assert intent.target == "sessions" or str(intent.body["session_id"]) in written
        written.add(intent.value)


@pytest.mark.parametrize("seed", [1, 2])
def test_transfers_go_there_and_back(seed: int) -> None:
    client = clients("payments", seed)[0]
    ways = [i.body["from"] for i in map(client.intend, range(VALUES)) if i.target == "transfer"]
    assert len(set(ways)) == 2
    assert all(one != following for one, following in zip(ways, ways[1:], strict=False))


class Pauses:
    """Takes the place of the event that ends a load: notes for how long a client would rest."""

    def __init__(self, count: int) -> None:
        self.seen: list[float] = []
        self._count = count

    def wait(self, seconds: float) -> bool:
        self.seen.append(seconds)
        return len(self.seen) > self._count


def rests(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The rests of a client whose every write takes no time."""
    client = clients("payments", seed)[0]
    recorder = Recorder(tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}.jsonl", recorded.HEADER)
    load = Load([client], recorder, Clock(), lambda _: 1.0, lambda c: RunPlan("run-1", seed).random(c.name))
    pauses = Pauses(50)
    load._stop = cast(Any, pauses)
    monkeypatch.setattr(load, "_write", lambda *_: None)
    load._run(load._workers[0], 0.0)
    recorder.close()
    return pauses.seen[1:]


def test_the_rests_follow_the_seed_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, other = (rests(seed, tmp_path, monkeypatch) for seed in (1, 1, 2))
    assert first == again != other
    shortest = loads.SHORTEST_REST
    assert min(first) >= shortest * (1 - SPREAD)
    assert max(first) <= shortest * (1 + SPREAD)
    assert len(set(first)) > 40
