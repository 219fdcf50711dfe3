"""What the tests of the program share: graphs of the shipped stacks, evaluated once, and variations."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import yaml

from infra.aws.local.graph import Graph, Resource
from infra.aws.local.run import preview, resolve
from infra.aws.local.stacks import LocalStack, load_stack, make_stack
from infra.topology import Topology, parse_topology

STACKS = ("staging", "production", "ephemeral")


@cache
def local(stack: str) -> LocalStack:
    """A shipped stack; an ephemeral one ends at a fixed time: the hour of the test must not matter."""
    found = load_stack(stack)
    ends = "2030-01-01T00:00:00Z" if found.settings.expires_at else ""
    return make_stack(replace(found.settings, expires_at=ends), found.topology)


@cache
def graph(stack: str) -> Graph:
    """The graph of a shipped stack, with stand-ins for what AWS computes."""
    return resolve(local(stack).program)


@cache
def previewed(stack: str) -> Graph:
    """The graph of a shipped stack as a first preview sees it: computed values are unknown."""
    return preview(local(stack).program)


def raw(stack: str) -> dict[str, Any]:
    """The topology of a shipped stack as its file has it."""
    return yaml.safe_load(local(stack).topology.source)


def parse(file: dict[str, Any]) -> Topology:
    return parse_topology(yaml.safe_dump(file).encode(), "test.yaml")


@cache
def full_dr() -> Graph:
    """The graph of production with its DR region grown to full size."""
    file = raw("production")
    file["aws"]["dr"] = {"size": "full"}
    return graph_of(file)


def graph_of(file: dict[str, Any], stack: str = "production") -> Graph:
    """The graph of a stack with another topology."""
    topology = parse(file)
    settings = replace(local(stack).settings, topology=topology.name)
    return resolve(make_stack(settings, topology).program)


def content(resource: Resource) -> str:
    """A resource as text; secrets, which differ by each run, are not shown."""
    return json.dumps(
        [resource.type, resource.parent, resource.inputs, resource.options], default=str, sort_keys=True
    )


def contents(found: Graph) -> dict[str, str]:
    return {resource.urn: content(resource) for resource in found.resources}
