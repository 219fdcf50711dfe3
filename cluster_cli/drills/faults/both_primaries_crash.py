"""Both primaries at once: what `make demo` shows."""

from __future__ import annotations

from cluster_cli.drills.faults import mongo_primary_crash, postgres_primary_crash
from cluster_cli.drills.faults._fault import Drill

DRILL = Drill(
    name="both-primaries-crash",
    help="kill -9 of the payments primary's postmaster and of a shard's primary, in one run.",
    faults=(postgres_primary_crash.FAULT, mongo_primary_crash.FAULT),
    sabotages=("no-idempotency", "no-undo"),
)
