"""More synchronous standbys asked for than there are."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse `sync.count` above the number of standbys: no commit could ever be synchronous."""
    payments = topology.payments
    if payments is None or payments.sync.count < len(payments.members):
        return []
    standbys = len(payments.members) - 1
    why = f"sync.count is {payments.sync.count} and there are {standbys} standbys"
    return [Violation(f"payments {payments.name}", why, f"add members, or set sync.count to {standbys}")]
