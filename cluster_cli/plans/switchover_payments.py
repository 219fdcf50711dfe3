"""May the payments cluster switch over now, to whom, and in which steps? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LAG_LIMIT_BYTES = 1_048_576
LONGEST_TRANSACTION_S = 1.0


@dataclass(frozen=True)
class Candidate:
    """A standby as the plan sees it. lag_bytes: None when its position is unknown."""

    name: str
    streaming: bool
    lag_bytes: int | None


@dataclass(frozen=True)
class Facts:
    """What the pre-checks look at.

    sync: members that Patroni may promote without losing an acknowledged commit (`/sync`).
    proxies: name -> what is wrong with it, None when nothing is.
    longest_transaction_s: age of the oldest transaction that a client has open.
    """

    leader: str | None
    sync: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    proxies: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    etcd_leader: str | None = None
    longest_transaction_s: float = 0.0
    maintenance: bool = False
    failsafe: bool = False


def candidate(facts: Facts, target: str | None = None) -> Candidate | None:
    """The member to switch to: the named one, else the `/sync` member with the least lag."""
    eligible = [c for c in facts.candidates if c.name in facts.sync and target in (None, c.name)]
    return min(eligible, key=_behind) if eligible else None


def _behind(standby: Candidate) -> float:
    return float("inf") if standby.lag_bytes is None else standby.lag_bytes


def refusals(facts: Facts, target: str | None = None) -> tuple[str, ...]:
    """Every reason against a switchover now; empty when there is none."""
    if facts.leader is None:
        return ("no member takes writes: use failover",)
    reasons = (
        _cluster(facts),
        _standby(facts, target),
        *(f"{name}: {wrong}" for name, wrong in facts.proxies.items() if wrong),
        None if facts.proxies else "no proxy to hold transactions back at",
        _transaction(facts.longest_transaction_s),
    )
    return tuple(reason for reason in reasons if reason)


def _cluster(facts: Facts) -> str | None:
    if facts.etcd_leader is None or facts.failsafe:
        return "etcd has no quorum: nobody could take the leader's key"
    if facts.maintenance:
        return "Patroni is in maintenance mode (paused): resume it first"
    return None


def _standby(facts: Facts, target: str | None) -> str | None:
    chosen = candidate(facts, target)
    if chosen is None:
        wanted = f"{target} is not a synchronous standby" if target else "there is no synchronous standby"
        return wanted + (f" (synchronous: {', '.join(facts.sync)})" if facts.sync else "")
    if not chosen.streaming:
        return f"{chosen.name} does not stream from {facts.leader}"
    if chosen.lag_bytes is None or chosen.lag_bytes > LAG_LIMIT_BYTES:
        behind = "an unknown number of" if chosen.lag_bytes is None else str(chosen.lag_bytes)
        return f"{chosen.name} is {behind} bytes behind, the limit is {LAG_LIMIT_BYTES}"
    return None


def _transaction(longest_s: float) -> str | None:
    if longest_s <= LONGEST_TRANSACTION_S:
        return None
    return f"a transaction is open for {longest_s:.1f} s: everybody would wait for its end"


def steps(leader: str, new: str, proxies: Sequence[str], *, fast: bool) -> tuple[str, ...]:
    """The steps in order, as shown by --dry-run and during the run."""
    places = " and ".join(proxies)
    return (
        f"CHECKPOINT on {new} and {leader}",
        "start the helper that resumes the pools if this process ends",
        f"PAUSE the pools of {places}",
        f"ask Patroni to hand over from {leader} to {new}",
        *((f"release the leader's key as soon as {leader} has shut down",) if fast else ()),
        f"wait until {new} says that it takes writes",
        f"wait until {places} lead to {new} alone",
        f"RESUME the pools of {places}",
    )
