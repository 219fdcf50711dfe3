"""The month's bill of a stack, by component and by purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.aws.local import resolve, types
from infra.aws.local.graph import Graph, Resource
from infra.aws.local.stacks import LocalStack
from infra.cost.lines import Line, lines
from infra.cost.prices import Prices, load_prices
from infra.cost.sizes import with_dr_size
from infra.topology import Topology
from infra.topology.aws import Aws

NOT_INCLUDED = ("traffic", "S3 storage and requests", "snapshots", "KMS requests", "tax", "discounts")
DR_SIZES: tuple[Literal["minimal"], Literal["full"]] = ("minimal", "full")
MONITORING = ("alarm_metric_month", "detailed_monitoring_month")


@dataclass(frozen=True)
class PriceFile:
    """Where prices come from."""

    region: str
    date: str
    source: str


@dataclass(frozen=True)
class Share:
    """A part of the bill: US dollars a month, and per cent of the whole."""

    name: str
    usd_month: float
    percent: float


@dataclass(frozen=True)
class DrSize:
    """What the DR region costs in a size, US dollars a month."""

    size: str
    usd_month: float
    now: bool


@dataclass(frozen=True)
class CostReport:
    """total_usd_month: of what has a price. unpriced: what has none. not_included: what depends on use."""

    stack: str
    total_usd_month: float
    budget_usd_month: int
    unpriced: tuple[str, ...]
    not_included: tuple[str, ...]
    components: tuple[Share, ...]
    shares: tuple[Share, ...]
    dr_sizes: tuple[DrSize, ...]
    prices: tuple[PriceFile, ...]


def cost_report(stack: LocalStack) -> CostReport:
    """The bill of a stack. UsageError names what has no price at all."""
    graph = resolve(stack.program)
    regions = [region.name for region in stack.topology.regions]
    elsewhere = sorted({resource.region for resource in graph.cloud} - {*regions})
    prices = {name: load_prices(name) for name in (*regions, *elsewhere)}
    found = lines(graph, prices)
    total = _sum(found)
    return CostReport(
        stack=stack.settings.stack,
        total_usd_month=round(total, 2),
        budget_usd_month=stack.settings.monthly_budget_usd,
        unpriced=tuple(sorted({f"{line.item}: {line.resource.label}" for line in found if line.usd is None})),
        not_included=NOT_INCLUDED,
        components=_components(graph, found, total),
        shares=_shares(stack.topology, found, total),
        dr_sizes=_dr_sizes(stack.topology, graph, prices),
        prices=tuple(PriceFile(item.region, item.date, item.source) for item in prices.values()),
    )


def _sum(found: Iterable[Line]) -> float:
    return sum(line.usd or 0.0 for line in found)


def _share(name: str, usd: float, total: float) -> Share:
    return Share(name, round(usd, 2), round(100 * usd / total, 1) if total else 0.0)


def _components(graph: Graph, found: list[Line], total: float) -> tuple[Share, ...]:
    sums: dict[str, float] = {}
    for line in found:
        name = _component(graph, line.resource)
        sums[name] = sums.get(name, 0.0) + (line.usd or 0.0)
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return tuple(_share(name, usd, total) for name, usd in ordered if usd)


def _component(graph: Graph, resource: Resource) -> str:
    """The outermost component that it belongs to, by type and name."""
    above = [item for item in graph.ancestors(resource) if item.type.startswith("swapskill:")]
    return above[-1].label if above else resource.label


def _shares(topology: Topology, found: list[Line], total: float) -> tuple[Share, ...]:
    parts: dict[str, Callable[[Line], float]] = {
        "synchronous standbys": lambda line: _standby(topology, line.resource),
        "DR region": lambda line: float(line.resource.region in _dr_regions(topology)),
        "monitoring": lambda line: float(line.item in MONITORING),
    }
    return tuple(
        _share(name, sum((line.usd or 0.0) * part(line) for line in found), total)
        for name, part in parts.items()
    )


def _dr_regions(topology: Topology) -> set[str]:
    return {region.name for region in topology.regions if region.dr}


def _standby(topology: Topology, resource: Resource) -> float:
    """How much of a host or its disk a PostgreSQL standby of the primary region has: by members."""
    if topology.payments is None or resource.type not in (types.INSTANCE, types.VOLUME):
        return 0.0
    members = [node for node in topology.nodes() if node.host == resource.tags.get("Host")]
    standbys = {member.name for member in topology.payments.members[1:]}
    return sum(node.name in standbys for node in members) / len(members) if members else 0.0


def _dr_sizes(topology: Topology, graph: Graph, prices: Mapping[str, Prices]) -> tuple[DrSize, ...]:
    """The DR region in both sizes: what is kept ready, and what it is grown to when it takes over."""
    sizes, regions = topology.part(Aws), _dr_regions(topology)
    if sizes is None or not regions:
        return ()
    found: list[DrSize] = []
    for size in DR_SIZES:
        grown = with_dr_size(graph, topology, size)
        there = [line for line in lines(grown, prices) if line.resource.region in regions]
        found.append(DrSize(size, round(_sum(there), 2), size == sizes.dr.size))
    return tuple(found)
