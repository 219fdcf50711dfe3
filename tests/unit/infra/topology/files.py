"""Topology files as tests need them: a shipped one as a mapping, changed and parsed."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from infra.topology import Topology, load_topology, parse_topology
from infra.topology.load import SHIPPED

Raw = dict[str, Any]


def raw(name: str = "sandbox") -> Raw:
    """A shipped topology as a mapping of its own."""
    return copy.deepcopy(yaml.safe_load((SHIPPED / f"{name}.yaml").read_text()))


def warm(name: str = "production") -> Raw:
    """A topology with a DR region and, on hosts of their own there, a hidden member of every set."""
    file = raw(name)
    zones = next(region["zones"] for region in file["regions"] if region.get("dr"))
    for group, zone in zip([*file["social"]["shards"], file["social"]["config"]], zones, strict=True):
        host = f"mongo-dr-{group['name']}"
        file["hosts"].append({"name": host, "zone": zone})
        group["hidden"] = {"name": f"{group['name']}-copy", "host": host}
    file["social"]["dr"] = "warm"
    sizes = file["aws"]["sizes"]
    sizes["mongod-hidden"] = dict(sizes["mongod-shard"])
    sizes["mongod-hidden-config"] = dict(sizes["mongod-config"])
    return file


def parse(value: Raw) -> Topology:
    """The mapping through the loader. Raises UsageError."""
    return parse_topology(yaml.safe_dump(value, sort_keys=False).encode(), "test.yaml")


def build(value: Raw) -> Topology:
    """The mapping as a model, the rules not run."""
    return Topology.model_validate(value)


def shipped(name: str = "sandbox") -> Topology:
    """A shipped topology."""
    return load_topology(name)


def member(value: Raw, name: str) -> Raw:
    """The mapping of one member, wherever it stands in the file."""
    found = [item for item in _mappings(value) if item.get("name") == name and "host" in item]
    return found[0]


def _mappings(value: Any) -> list[Raw]:
    if isinstance(value, list):
        return [found for item in value for found in _mappings(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for item in value.values() for found in _mappings(item))]
