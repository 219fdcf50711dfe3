"""What members say about themselves and their set, parsed from the server's documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Timestamp

from cluster_cli.engines.model import Health

OpTime = tuple[int, int, int]
"""An operation's place in the oplog, comparable: (term, seconds, increment)."""

_ROLES = {"PRIMARY": "primary", "SECONDARY": "secondary", "ARBITER": "arbiter"}
_ON_THE_WAY = frozenset({"STARTUP", "STARTUP2", "RECOVERING", "ROLLBACK"})
UNKNOWN_ROLE = "unknown"


@dataclass(frozen=True)
class Peer:
    """A member of a set as one of its members sees it."""

    host: str
    state: str
    reachable: bool
    optime: OpTime | None
    applied_at: datetime | None


@dataclass(frozen=True)
class View:
    """`replSetGetStatus` of one member. `syncing_from`: host:port, empty when none."""

    group: str
    state: str
    term: int
    syncing_from: str
    peers: tuple[Peer, ...]
    me: Peer


def parse_status(document: Mapping[str, Any]) -> View:
    """A member's view of its set from its `replSetGetStatus`."""
    peers = tuple(_peer(member) for member in document["members"])
    me = next(peer for peer, raw in zip(peers, document["members"], strict=True) if raw.get("self"))
    return View(
        group=str(document["set"]),
        state=me.state,
        term=int(document.get("term", -1)),
        syncing_from=str(document.get("syncSourceHost", "")),
        peers=peers,
        me=me,
    )


def _peer(raw: Mapping[str, Any]) -> Peer:
    return Peer(
        host=str(raw["name"]),
        state=str(raw.get("stateStr", "UNKNOWN")),
        reachable=raw.get("health") == 1,
        optime=parse_optime(raw.get("optime")),
        applied_at=raw.get("lastAppliedWallTime"),
    )


def parse_optime(raw: object) -> OpTime | None:
    """`{ts, t}` as a comparable tuple; None for the null optime of a member without data."""
    if not isinstance(raw, Mapping):
        return None
    stamp, term = raw.get("ts"), raw.get("t", -1)
    if not isinstance(stamp, Timestamp) or stamp.time == 0:
        return None
    return (int(term), stamp.time, stamp.inc)


def role_of(state: str) -> str:
    """The role that goes with a member's state."""
    return _ROLES.get(state, UNKNOWN_ROLE)


def health_of(state: str) -> tuple[Health, str | None]:
    """How a member in this state is, and the reason when that is not `ok`."""
    if state in _ROLES:
        return Health.OK, None
    if state in _ON_THE_WAY:
        return Health.RECOVERING, f"in state {state}"
    return Health.FAILED, f"in state {state}"


def lag_seconds(primary: View, host: str) -> float | None:
    """How far a member's last applied entry is behind the primary's own, by the primary's book-keeping.

    One document of one member, so no clock skew or time between two samples is in it. None when the
    primary has never heard of the member's position (an arbiter, a new member).
    """
    peer = next((p for p in primary.peers if p.host == host), None)
    if peer is None or peer.applied_at is None or primary.me.applied_at is None:
        return None
    if peer.optime is None or primary.me.optime is None:
        return None
    if peer.optime >= primary.me.optime:
        return 0.0
    return max(0.0, (primary.me.applied_at - peer.applied_at).total_seconds())


def is_router(hello: Mapping[str, Any]) -> bool:
    """Whether a `hello` came from a router."""
    return hello.get("msg") == "isdbgrid"
