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
