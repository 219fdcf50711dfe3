"""What a rule looks at and what it answers, and the views of a graph that rules share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.aws.local.graph import Graph, Resource
from infra.aws.local.types import INSTANCE, KEY
from infra.aws.local.values import as_map, bare, is_list
from infra.topology import Node, Topology

ALL = ("ephemeral", "staging", "production")
DATA_KEPT = ("staging", "production")  # a stack that lives for hours keeps nothing
HOST_TAG = "Host"


@dataclass(frozen=True)
class Finding:
    """One breach: the resource, named by type and name, and why."""

    resource: str
    why: str


@dataclass(frozen=True)
class Stack:
    """A resolved graph (no value of it unknown to AWS alone) and the topology that it was declared from."""

    graph: Graph
    topology: Topology

    @property
    def class_(self) -> str:
        """The class of the stack's topology."""
        return self.topology.class_

    @cached_property
    def hosts(self) -> Mapping[str, tuple[Resource, ...]]:
        """Host of the topology -> its instances; one, when all is well."""
        found: dict[str, list[Resource]] = {}
        for instance in self.graph.of(INSTANCE):
            found.setdefault(str(instance.tags.get(HOST_TAG, "")), []).append(instance)
        return {name: tuple(instances) for name, instances in found.items()}

    def zone(self, instance: Resource) -> str:
        """The availability zone that an instance's subnet is in; "" when it is in none."""
        subnets = self.graph.used(instance, "subnetId")
        return str(subnets[0].inputs.get("availabilityZone", "")) if subnets else ""

    def zones(self, nodes: Iterable[Node]) -> list[str]:
        """The zone of each member's instance, as declared."""
        return [self.zone(instance) for node in nodes for instance in self.hosts.get(node.host, ())]


def key_of(stack: Stack, resource: Resource, name: str) -> Resource | None:
    """The customer key that an input is made from."""
    return next((used for used in stack.graph.used(resource, name) if used.type == KEY), None)


def settings_of(stack: Stack, bucket: Resource, kind: str) -> tuple[Resource, ...]:
    """The resources of a type that set something of a bucket."""
    return tuple(item for item in stack.graph.of(kind) if bucket in stack.graph.used(item, "bucket"))


def statements(document: Any) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy document, given as text or as a mapping."""
    text = bare(document)
    found = json.loads(text) if isinstance(text, str) else text
    listed = as_map(found).get("Statement", [])
    yield from listed if is_list(listed) else [as_map(listed)]


def words(value: Any) -> list[str]:
    """One word or a list of words, as a list."""
    if is_list(value):
        return [str(item) for item in value]
    return [] if value is None else [str(value)]
