"""Which promises of the social domain cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema import registry
from infra.timing.measured import FLOW_CONTROL_LAG, SHARD_RESTART
from infra.timing.predict_social import TAKEOVER
from infra.timing.shortfall import Predicted, Shortfall, places, takeover
from infra.timing.survival import social_without
from infra.topology.model import Topology
from infra.topology.sla import Case
from infra.topology.social import Social


def judge_social(topology: Topology, social: Social, predicted: Predicted) -> Iterator[Shortfall]:
    """Every promise with the best figure; the caller keeps the ones that fall short."""
    sla = topology.sla.social
    if sla.election is not None:
        yield takeover("sla.social.election", sla.election, None, predicted, ("mongo-election",))
    for case, where in places(topology):
        promise, name = topology.sla.case("social", case), f"sla.social.{case}"
        if promise and promise.rto is not None:
            lost = social_without(topology, case, where)
            yield takeover(f"{name}.rto", promise.rto, lost, predicted, TAKEOVER)
        if promise and promise.rpo is not None:
            yield _weakly_written(f"{name}.rpo", promise.rpo)
    if sla.shard:
        yield from _shard(sla.shard)
    if sla.region and social.dr == "none":
        yield from _region(sla.region)


def _shard(promise: Case) -> Iterator[Shortfall]:
    if promise.rpo is not None:
        yield _weakly_written("sla.social.shard.rpo", promise.rpo)
    if promise.rto is not None:
        why = "members start and elect a primary, counted from their start"
        yield Shortfall("sla.social.shard.rto", promise.rto, SHARD_RESTART, why)


def _region(promise: Case) -> Iterator[Shortfall]:
    for figure, promised in (("rpo", promise.rpo), ("rto", promise.rto)):
        if promised is not None:
            why, fix = "social.dr is none: nothing is kept in the DR region", "set social.dr to cold"
            yield Shortfall(f"sla.social.region.{figure}", promised, None, why, fix)


def _weakly_written(name: str, promised: float) -> Shortfall:
    weak = [entry.name for entry in registry.collections() if entry.write_concern.w != "majority"]
    why = f"{', '.join(weak)}: written with w:1, and a primary may be that far ahead of the majority"
    return Shortfall(name, promised, FLOW_CONTROL_LAG if weak else 0, why)
