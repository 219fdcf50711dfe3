"""Writes that only the primary has are acknowledged (w:1), then it dies: they are rolled back, and listed."""

from __future__ import annotations

import json
import random
import time

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import mongo_primary_crash
from cluster_cli.drills.faults._fault import KILL_BEGAN, KILL_DONE, Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.mongodb import await_rejoined, primary
from cluster_cli.rescue import RollbackFile, read_documents, rollback_files

ALONE_FOR = 0.7
"""Seconds for which the primary acknowledges alone: it steps down after one electionTimeoutMillis (1 s)."""
ELECTION = 30.0
EARLIER = "earlier rollback files"


def aim(site: Site, rng: random.Random) -> Target:
    """The shard's primary first, then its secondaries."""
    found = mongo_primary_crash.aim(site, rng)
    shard = found.groups["social"]
    others = tuple(m for m in site.members_of(shard) if m not in found.members)
    return Target((*found.members, *others), found.affected, found.groups)


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill the secondaries, let `w:1` be acknowledged, kill the primary, start the secondaries.

    Freezing the secondaries would lose nothing: thawed, they still read the oplog from their sockets.
    """
    old, *secondaries = target.members
    memo[EARLIER] = json.dumps([file.id for file in _files(site, target)])
    actions.kill(site, secondaries)
    time.sleep(ALONE_FOR)
    began = time.monotonic()
    actions.kill(site, [old])
    memo.update({KILL_BEGAN: str(began), KILL_DONE: str(time.monotonic())})
    actions.start(site, secondaries)


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The secondaries are back, have elected one of themselves, and see the old primary as unreachable."""
    shard, old = target.groups["social"], target.members[0]
    found = primary(site.ctx, shard)
    if found is None or found == old:
        return None
    peers = actions.peers_that_miss(site, shard, old)
    return f"{found} was elected; {old} is unreachable for {', '.join(peers)}" if peers else None


def undo(site: Site, target: Target, _: Memo) -> None:
    """Start the old primary last, when another leads: wait until it has rolled back."""
    shard, old = target.groups["social"], target.members[0]
    actions.start(site, target.members[1:])
    actions.wait_for(lambda: primary(site.ctx, shard) not in (None, old), ELECTION)
    actions.start(site, [old])
    await_rejoined(site.ctx, shard, old)


def rollback(site: Site, target: Target, memo: Memo) -> frozenset[str]:
    """The ids of the documents in the rollback files that were not there before the kill.

    Only `_id`: a message names its meeting too, which it does not bring back.
    """
    if EARLIER not in memo:
        return frozenset()
    earlier = set(json.loads(memo[EARLIER]))
    made = (file for file in _files(site, target) if file.id not in earlier)
    return frozenset(str(entry.document["_id"]) for file in made for entry in read_documents(file))


def _files(site: Site, target: Target) -> list[RollbackFile]:
    """The old primary's rollback files."""
    found = rollback_files(site.ctx, target.groups["social"])
    return [file for file in found if file.member == target.members[0]]


FAULT = Fault(
    name="mongo-w1-rollback",
    help="The secondaries die, w:1 writes go on, the primary dies: those writes are rolled back.",
    expect="w:1 writes are lost, every one is listed; no majority write is.",
    domains=("social",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    blast_radius=3,
    sabotages=("weak-writes",),
    must_lose=True,
    rollback=rollback,
    proof_timeout=40.0,
)
