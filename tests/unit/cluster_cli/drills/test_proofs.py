"""The wait for the proofs: it ends with them, or at once when another path fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from cluster_cli.drills.proofs import await_proofs
from cluster_cli.drills.strike import Strike


@dataclass
class FakeStrike:
    """Looks for its proof `looks` times."""

    looks: int

    @property
    def pending(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


def strikes(*fakes: FakeStrike) -> list[Strike]:
    return cast(list[Strike], cast(Any, list(fakes)))


def test_it_ends_with_the_last_proof_and_the_history_is_written_meanwhile() -> None:
    flushed: list[None] = []
    slow = FakeStrike(3)
    assert await_proofs(strikes(FakeStrike(1), slow), dict, lambda: flushed.append(None)) is None
    assert slow.looks < 0
    assert flushed


def test_an_error_on_another_path_ends_it_at_once() -> None:
    endless = FakeStrike(1_000_000)
    seen = iter(({"members-1": 0}, {"members-1": 2}))
    reason = await_proofs(strikes(endless), lambda: next(seen), lambda: None)
    assert reason == "an unaffected path failed: members-1: 2 writes"
