"""What counts as proof: the first peer that misses the victim; without peers, that every victim refuses."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli.drills.faults import mongo_config_loss, mongo_primary_crash, mongo_shard_loss
from cluster_cli.drills.faults._fault import Memo, Target
from cluster_cli.drills.site import Site

TARGET = Target(("a", "b", "c"), {})
Proof = Callable[[Site, Target, Memo], str | None]


@pytest.mark.parametrize(
    ("prove", "words"),
    [
        (mongo_config_loss.prove, "all 3 config servers refuse connections"),
        (mongo_shard_loss.prove, "all 3 members refuse connections"),
    ],
)
@pytest.mark.parametrize("alive", [set[str](), {"b"}, {"a", "b", "c"}])
def test_all_must_refuse(prove: Proof, words: str, alive: set[str]) -> None:
    site = cast(Site, cast(Any, SimpleNamespace(refuses=lambda member, _: member not in alive)))
    assert prove(site, TARGET, {}) == (None if alive else words)


@pytest.mark.parametrize(
    ("unreachable_for", "evidence"),
    [
        (set[str](), None),
        ({"b"}, "unreachable for b"),  # c still takes it for healthy: its turn comes later
        ({"b", "c"}, "unreachable for b, c"),
    ],
)
def test_the_first_peer_that_misses_the_primary_proves_its_crash(
    unreachable_for: set[str], evidence: str | None
) -> None:
    def set_status(peer: str, **_: float) -> dict[str, Any]:
        return {"members": [{"name": "a:1", "health": 0 if peer in unreachable_for else 1}]}

    endpoint = SimpleNamespace(at=lambda _: "a:1")
    ctx = SimpleNamespace(endpoint=lambda _: endpoint)
    site = SimpleNamespace(ctx=ctx, members_of=lambda _: TARGET.members, set_status=set_status)
    victim = Target(("a",), {}, {"social": "exchange-1"})
    assert mongo_primary_crash.prove(cast(Site, cast(Any, site)), victim, {}) == evidence
