"""Promises held against predictions: which cannot be kept, and which are given up after one loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app_core.schema import registry
from infra.timing.measured import ARCHIVE_TIMEOUT, FLOW_CONTROL_LAG, SHARD_RESTART
from infra.timing.model import GivenUp, Prediction, Timing
from infra.timing.predict_payments import TAKEOVER as PAYMENTS_TAKEOVER
from infra.timing.predict_social import TAKEOVER as SOCIAL_TAKEOVER
from infra.timing.survival import payments_without, social_without
from infra.topology.model import Topology

Predicted = Mapping[str, Prediction]


@dataclass(frozen=True)
class Shortfall:
    """A promise that the topology cannot keep. reachable: the best figure in seconds, None = none at all."""

    promise: str
    promised: float
    reachable: float | None
    why: str
    fix: str

    @property
    def sentence(self) -> str:
        """The whole as one sentence."""
        return f"{self.promise}: {self.reason}; {self.fix}"

    @property
    def reason(self) -> str:
        """The promised and the best figure, and what the latter consists of."""
        best = "no figure can be promised" if self.reachable is None else f"the best is {self.reachable:g} s"
        return f"{self.promised:g} s cannot be kept, {best} ({self.why})"


def shortfalls(topology: Topology, predicted: Predicted) -> tuple[Shortfall, ...]:
    """Every promise that cannot be kept."""
    found = [*_payments(topology, predicted), *_social(topology, predicted)]
    return tuple(item for item in found if item.reachable is None or item.reachable > item.promised)


def given_up(topology: Topology, timing: Timing, predicted: Predicted) -> tuple[GivenUp, ...]:
    """What no longer holds after the loss of one PostgreSQL member."""
    payments = topology.payments
    if payments is None or payments.sync.count == 0 or len(payments.members) - 2 >= payments.sync.count:
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


def _payments(topology: Topology, predicted: Predicted) -> Iterator[Shortfall]:
    payments, sla = topology.payments, topology.sla.payments
    if payments is None:
        return
    for case, places in (("member", _hosts(topology)), ("zone", topology.zones())):
        promise, name = getattr(sla, case), f"sla.payments.{case}"
        if promise is None:
            continue
        if promise.rto is not None:
            lost = payments_without(topology, case, places)
            seconds, why = _worst(predicted, PAYMENTS_TAKEOVER)
            fix = "raise it, or promise nothing (null)"
            yield Shortfall(f"{name}.rto", promise.rto, None if lost else seconds, lost or why, fix)
        if promise.rpo is not None and (len(payments.members) < 2 or payments.sync.count == 0):
            why = "no standby acknowledges commits; the archive is this far behind"
            fix = "add a member with sync.count 1"
            yield Shortfall(f"{name}.rpo", promise.rpo, ARCHIVE_TIMEOUT, why, fix)
    if sla.region:
        yield from _region(topology)


def _region(topology: Topology) -> Iterator[Shortfall]:
    assert topology.payments
    promise = topology.sla.payments.region
    for figure in ("rpo", "rto"):
        seconds = getattr(promise, figure)
        if seconds is None:
            continue
        name = f"sla.payments.region.{figure}"
        if topology.payments.dr is None:
            yield Shortfall(name, seconds, None, "there is no standby cluster", "add payments.dr")
        elif figure == "rpo":
            why = "the standby cluster is asynchronous; with its link cut it has the archive alone"
            yield Shortfall(name, seconds, ARCHIVE_TIMEOUT, why, "raise it, or promise nothing (null)")


def _social(topology: Topology, predicted: Predicted) -> Iterator[Shortfall]:
    social, sla = topology.social, topology.sla.social
    if social is None:
        return
    if sla.election is not None:
        seconds, why = _worst(predicted, ("mongo-election",))
        yield Shortfall(
            "sla.social.election", sla.election, seconds, why, "raise it, or have 3 members a shard"
        )
    for case, places in (("member", _hosts(topology)), ("zone", topology.zones())):
        promise, name = getattr(sla, case), f"sla.social.{case}"
        if promise and promise.rto is not None:
            lost = social_without(topology, case, places)
            seconds, why = _worst(predicted, SOCIAL_TAKEOVER)
            fix = "raise it, or promise nothing (null)"
            yield Shortfall(f"{name}.rto", promise.rto, None if lost else seconds, lost or why, fix)
        if promise and promise.rpo is not None:
            yield _w1(f"{name}.rpo", promise.rpo)
    if sla.shard:
        yield from _shard(sla.shard.rpo, sla.shard.rto)
    if sla.region and social.dr == "none":
        promised = next(figure for figure in (sla.region.rto, sla.region.rpo, 0) if figure is not None)
        yield Shortfall("sla.social.region", promised, None, "social.dr is none", "set social.dr to cold")


def _shard(rpo: float | None, rto: float | None) -> Iterator[Shortfall]:
    if rpo is not None:
        yield _w1("sla.social.shard.rpo", rpo)
    if rto is not None:
        why = "members start and elect a primary, counted from their start"
        yield Shortfall("sla.social.shard.rto", rto, SHARD_RESTART, why, "raise it")


def _w1(name: str, promised: float) -> Shortfall:
    weak = [entry.name for entry in registry.collections() if entry.write_concern.w != "majority"]
    why = f"{', '.join(weak)} are written with w:1, and a primary may be that far ahead of the majority"
    return Shortfall(name, promised, FLOW_CONTROL_LAG if weak else 0, why, "raise it")


def _worst(predicted: Predicted, cases: Iterable[str]) -> tuple[float | None, str]:
    found = {case: predicted[case] for case in cases}
    endless = [item.explanation for item in found.values() if item.seconds is None]
    if endless:
        return None, endless[0]
    case, item = max(found.items(), key=lambda pair: pair[1].seconds or 0)
    return item.seconds, f"{case}: {item.explanation}"


def _hosts(topology: Topology) -> tuple[str, ...]:
    return tuple(host.name for host in topology.hosts if host.zone in topology.zones())
