"""What the `topology` commands show: views of a topology and of its time-outs, as tables or as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from cluster_cli.table import columns
from infra.timing import Prediction, Timing
from infra.topology import Node, Topology
from infra.topology.sla import Sla

ENGINES = ("patroni", "haproxy", "pgbouncer", "postgresql", "mongodb", "etcd")


@dataclass(frozen=True)
class Summary:
    """One line about a topology."""

    name: str
    cluster_class: str
    hosts: int
    members: int
    shards: int
    postgresql: str
    dr: bool
    about: str


@dataclass(frozen=True)
class HostView:
    """A host with the roles that follow from its members."""

    name: str
    zone: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class TopologyView:
    """A whole topology, every member with the place that follows from its host."""

    name: str
    cluster_class: str
    versions: Mapping[str, str]
    segments: Mapping[str, tuple[str, ...]]
    hosts: tuple[HostView, ...]
    members: tuple[Node, ...]
    sla: Sla

    def as_table(self) -> str:
        """The members as rows, below the facts that are not about one of them."""
        facts = [
            f"{self.name} ({self.cluster_class})",
            " ".join(f"{k} {v}" for k, v in self.versions.items()),
        ]
        facts += [f"segment {name}: {', '.join(shards)}" for name, shards in self.segments.items()]
        names = [field.name for field in fields(Node)]
        rows = [[str(getattr(node, name)) for name in names] for node in self.members]
        return "\n".join([*facts, "", columns(names, rows)])


@dataclass(frozen=True)
class TimingView:
    """The solver's result for one topology."""

    topology: str
    values: Mapping[str, object]
    predicted: Mapping[str, Prediction]
    given_up: tuple[str, ...]

    def as_table(self) -> str:
        """Values, worst cases with their terms, and what is given up."""
        values = [[engine, *_pair(value)] for engine in ENGINES for value in _values(self.values[engine])]
        worst = [[case, _seconds(item), item.explanation] for case, item in self.predicted.items()]
        parts = [columns(["engine", "setting", "value"], values)]
        parts += [columns(["failure", "worst_case", "because"], worst)]
        return "\n\n".join([*parts, *self.given_up])


def summary(topology: Topology) -> Summary:
    """The line of `topology list`; its words are the first line of comment of the file."""
    payments, social = topology.payments, topology.social
    first = topology.source.split("\n", 1)[0]
    return Summary(
        name=topology.name,
        cluster_class=topology.class_,
        hosts=len(topology.hosts),
        members=len(topology.nodes()),
        shards=len(social.shards) if social else 0,
        postgresql=f"{len(payments.members)} ({payments.sync.mode} {payments.sync.count})"
        if payments
        else "",
        dr=bool(topology.zones(dr=True)),
        about=first.removeprefix("# ") if first.startswith("#") else "",
    )


def topology_view(topology: Topology) -> TopologyView:
    """The whole topology."""
    versions = topology.versions
    return TopologyView(
        name=topology.name,
        cluster_class=topology.class_,
        versions={name: getattr(versions, name) for name in ("mongodb", "postgresql", "etcd")},
        segments=topology.social.segments if topology.social else {},
        hosts=tuple(HostView(host.name, host.zone, topology.roles(host.name)) for host in topology.hosts),
        members=topology.nodes(),
        sla=topology.sla,
    )


def timing_view(topology: Topology, timing: Timing) -> TimingView:
    """The time-outs of a topology."""
    values = {engine: getattr(timing, engine) for engine in ENGINES}
    given_up = tuple(item.sentence for item in timing.given_up)
    return TimingView(topology.name, values, timing.predicted, given_up)


def _values(engine: object) -> list[tuple[str, object]]:
    return [(field.name, getattr(engine, field.name)) for field in fields(engine)]  # type: ignore[arg-type]


def _pair(value: tuple[str, object]) -> tuple[str, str]:
    return value[0], str(value[1])


def _seconds(item: Prediction) -> str:
    return "until healed" if item.seconds is None else f"{item.seconds:g} s"
