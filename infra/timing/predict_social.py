"""Worst cases of the social domain, each named like the drill that measures it."""

from __future__ import annotations

from infra.timing.measured import (
    ELECT,
    ELECTION_JITTER,
    FROZEN_SOURCE,
    MONGO_ROUTE,
    ROUTER_SWITCH,
    SHARD_RESTART,
    STEPDOWN,
)
from infra.timing.model import Prediction, Timing
from infra.timing.terms import Term, never, total, unnoticed
from infra.topology.social import Social

TAKEOVER = ("mongo-primary-crash", "mongo-primary-freeze")
"""The cases in which another member takes over: what the RTO of a lost member or zone is judged by."""


def predict_social(social: Social, timing: Timing) -> dict[str, Prediction]:
    """Case -> worst case."""
    return {
        **_failover(social, timing),
        "mongo-config-loss": unnoticed("routers keep the routing table; changes of the schema wait"),
        "mongo-router-loss": _router_loss(social),
        "mongo-shard-loss": never(
            f"the shard is back {SHARD_RESTART:g} s after its members are started; other shards do not notice"
        ),
        "mongo-w1-rollback": never("majority writes wait until a second member is started"),
    }


def election(timing: Timing) -> tuple[Term, ...]:
    """The terms of an election after a primary is lost; a frozen one is missed a heartbeat later."""
    time_out = timing.mongodb.election_timeout_ms / 1000
    jitter = (time_out * ELECTION_JITTER, "a member's random part")
    return ((time_out, "electionTimeoutMillis"), jitter, (ELECT, "votes and step-up"))


def _failover(social: Social, timing: Timing) -> dict[str, Prediction]:
    if any(len(shard.voters) < 3 for shard in social.shards):
        nobody = never("a shard with one voter: nobody takes over")
        return dict.fromkeys((*TAKEOVER, "mongo-election", "mongo-stepdown"), nobody)
    route = (MONGO_ROUTE, "until router and driver find it")
    heartbeat = (timing.mongodb.heartbeat_timeout_s, "heartbeat time-out")
    stuck = (FROZEN_SOURCE, "majority writes wait for a secondary that reads from the frozen member")
    return {
        "mongo-election": total(heartbeat, *election(timing), note="of a frozen primary; killed: quicker"),
        "mongo-primary-crash": total(*election(timing), route),
        "mongo-primary-freeze": total(heartbeat, stuck, route, note="the election itself takes 2-4 s"),
        "mongo-stepdown": total((STEPDOWN, "hand-over"), route),
    }


def _router_loss(social: Social) -> Prediction:
    if len(social.routers) < 2:
        return never("one router: no other to connect to")
    return total((ROUTER_SWITCH, "until drivers use another router"))
