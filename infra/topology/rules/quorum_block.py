"""`on_loss: block` with mode `quorum`, beside a standby that may not be promoted."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse what would not block: without a standby in the region Patroni writes `*`, which matches the DR.

    In mode `first` the list of names is ours and leaves the DR out; in mode `quorum` it is Patroni's own.
    """
    payments = topology.payments
    if payments is None or payments.dr is None:
        return []
    if payments.sync.mode != "quorum" or payments.sync.on_loss != "block":
        return []
    why = "sync.on_loss: block does not hold with mode quorum: the DR region's standby would acknowledge"
    return [Violation(f"payments {payments.name}", why, "use mode first, on_loss degrade, or leave out dr")]
