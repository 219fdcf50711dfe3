"""The figures of a drill: one pure function each. `docs/measures.md` defines them for users."""

from cluster_cli.drills.measures.acks import Ack, acks_of
from cluster_cli.drills.measures.election import election_seconds
from cluster_cli.drills.measures.gap import longest_wait_seconds, max_gap_seconds
from cluster_cli.drills.measures.landed import Struck, landed_at, struck_of
from cluster_cli.drills.measures.phases import Phases, phases_of
from cluster_cli.drills.measures.rpo import rpo_seconds
from cluster_cli.drills.measures.rto import WINDOW, Rto, rto_of
from cluster_cli.drills.measures.stale import stale_primary_seconds

__all__ = [
    "WINDOW",
    "Ack",
    "Phases",
    "Rto",
    "Struck",
    "acks_of",
    "election_seconds",
    "landed_at",
    "longest_wait_seconds",
    "max_gap_seconds",
    "phases_of",
    "rpo_seconds",
    "rto_of",
    "stale_primary_seconds",
    "struck_of",
]
