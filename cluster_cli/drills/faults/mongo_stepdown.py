"""The primary of the shard `exchange` is asked to step down: a planned election."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import mongo_primary_crash
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.mongodb import primary, step_down


def aim(site: Site, rng: random.Random) -> Target:
    """The shard's primary as it is now."""
    return mongo_primary_crash.aim(site, rng)


def inject(site: Site, target: Target, _: Memo) -> None:
    """replSetStepDown: it waits until a secondary has all writes, then hands over."""
    step_down(site.ctx, target.groups["social"], target.members[0])


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The set's members name another primary."""
    found = primary(site.ctx, target.groups["social"])
    return f"{found} is primary for its peers" if found and found not in target.members else None


def undo(_: Site, __: Target, ___: Memo) -> None:
    """Nothing to lift: the old primary is a secondary and may be elected again."""


FAULT = Fault(
    name="mongo-stepdown",
    help="replSetStepDown of the primary of the shard `exchange`.",
    expect="A secondary takes over within a second or so; retryable writes hide it from nearly all clients.",
    domains=("social",),
    case="member",
    needs=(),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    claims=Claims(failed_attempts=2, failover=True),
    sabotages=("no-idempotency",),
    planned=True,
)
