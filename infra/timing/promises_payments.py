"""Which promises of the payments domain cannot be kept, and which are given up after one loss."""

from __future__ import annotations

from collections.abc import Iterator

from infra.timing.measured import ARCHIVE_TIMEOUT
from infra.timing.model import GivenUp
from infra.timing.predict_payments import TAKEOVER
from infra.timing.shortfall import Predicted, Shortfall, places, takeover
from infra.timing.survival import payments_without
from infra.topology.model import Topology
from infra.topology.payments import Payments
from infra.topology.sla import Case


def judge_payments(topology: Topology, payments: Payments, predicted: Predicted) -> Iterator[Shortfall]:
    """Every promise with the best figure; the caller keeps the ones that fall short."""
    for case, where in places(topology):
        promise, name = topology.sla.case("payments", case), f"sla.payments.{case}"
        if promise and promise.rto is not None:
            lost = payments_without(topology, case, where)
            yield takeover(f"{name}.rto", promise.rto, lost, predicted, TAKEOVER)
        if promise and promise.rpo is not None and (len(payments.members) < 2 or payments.sync.count == 0):
            why = "no standby acknowledges commits; the archive is this far behind"
            yield Shortfall(
                f"{name}.rpo", promise.rpo, ARCHIVE_TIMEOUT, why, "add a member with sync.count 1"
            )
    if topology.sla.payments.region:
        yield from _region(payments, topology.sla.payments.region)


def given_up(payments: Payments, predicted: Predicted) -> tuple[GivenUp, ...]:
    """What no longer holds after the loss of one PostgreSQL member."""
    if payments.sync.count == 0 or len(payments.members) - 2 >= payments.sync.count:
        return ()
    after = "the loss of any one PostgreSQL member or its host"
    back = "that member is back and streams again"
    if payments.sync.on_loss == "block":
        when = "the promoted or remaining primary acknowledges nothing from that moment on"
        return (GivenUp("RTO (writes go on)", after, when, back),)
    killed = predicted["postgres-sync-standby-loss"].seconds or 0
    silent = predicted["postgres-sync-standby-silent"].seconds or 0
    when = (
        f"commits are asynchronous from the promotion on when the primary was lost, and {killed:g} s after a "
        f"standby was killed or {silent:g} s after it went silent; a second loss then loses payments"
    )
    return (GivenUp("RPO 0 (no acknowledged payment is lost)", after, when, back),)


def _region(payments: Payments, promise: Case) -> Iterator[Shortfall]:
    name = "sla.payments.region"
    for figure, promised in (("rpo", promise.rpo), ("rto", promise.rto)):
        if promised is not None and payments.dr is None:
            yield Shortfall(
                f"{name}.{figure}", promised, None, "there is no standby cluster", "add payments.dr"
            )
    if promise.rpo is not None and payments.dr is not None:
        why = "the standby cluster is asynchronous; with its link cut it has the archive alone"
        yield Shortfall(f"{name}.rpo", promise.rpo, ARCHIVE_TIMEOUT, why)
