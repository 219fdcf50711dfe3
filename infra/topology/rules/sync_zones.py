"""A primary and all its synchronous standbys in one zone."""

from __future__ import annotations

from infra.topology.groups import most_crowded_zone, postgres_scopes
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it: all copies of an acknowledged commit could be lost with one zone."""
    payments = topology.payments
    if payments is None or payments.sync.count == 0:
        return []
    zone, count = most_crowded_zone(postgres_scopes(topology)[payments.name])
    copies = payments.sync.count + 1
    if len(payments.members) < 2 or count < copies:
        return []
    why = f"{count} of its members are in zone {zone}, so all {copies} copies of a commit can be lost with it"
    return [Violation(f"payments {payments.name}", why, "place the members in different zones")]
