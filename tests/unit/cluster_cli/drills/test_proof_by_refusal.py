"""Where no peer is left to ask, every victim must refuse connections: one that answers is no proof."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli.drills.faults import mongo_config_loss, mongo_shard_loss
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
