"""Sabotage: breaking one promise on purpose, to see that the drill turns red."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "async": "synchronous replication is switched off behind the ledger's back and the standby is killed, "
    "so acknowledged payments die with the primary. (A standby that is only stalled loses none: thawed, it "
    "still finds the WAL in its socket.)",
    "weak-writes": "writes that ask for the majority are quietly sent as w:1.",
    "count-cancelled": "a commit whose wait for the synchronous standby was cancelled is counted "
    "as acknowledged.",
    "no-idempotency": "a write of unknown outcome is sent again under a new id.",
    "no-undo": "the fault is not lifted at the end.",
}


def words_of(kind: str) -> str:
    """What a kind of sabotage does; the kind itself when it is not known (an old report)."""
    return KINDS.get(kind, kind)
