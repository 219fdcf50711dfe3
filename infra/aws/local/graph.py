"""What a Pulumi program declares, captured: every resource with its inputs, dependencies and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

COMPONENT_PREFIX = "swapskill:"
PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True)
class Options:
    """The resource options that matter for safety. provider: the URN of the explicit provider, "" without."""

    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    provider: str = ""


@dataclass(frozen=True)
class Resource:
    """One registered resource.

    inputs: as given, in the engine's camelCase, `Secret` and `UNKNOWN` marked. uses: input -> URNs that it
    is made from. tags: its own over its provider's default tags. id: "" while unknown, and for components.
    """

    urn: str
    type: str
    name: str
    parent: str = ""
    custom: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dependencies: tuple[str, ...] = ()
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    options: Options = Options()
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    region: str = ""
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def label(self) -> str:
        """How a sentence names it: the short type and the name."""
        return f"{self.type.rsplit(':', 1)[-1]} {self.name}"


@dataclass(frozen=True)
class Graph:
    """All resources of one run, sorted by URN, and the stack's outputs."""

    project: str
    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def of(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these types (`aws:ec2/vpc:Vpc`)."""
        return tuple(resource for kind in types for resource in self._by_type.get(kind, ()))

    def get(self, urn: str) -> Resource | None:
        """The resource of that URN."""
        return self._by_urn.get(urn)

    def children(self, resource: Resource) -> tuple[Resource, ...]:
        """The resources whose parent it is."""
        return self._by_parent.get(resource.urn, ())

    def used(self, resource: Resource, name: str) -> tuple[Resource, ...]:
        """The resources that an input is made from."""
        found = (self.get(urn) for urn in resource.uses.get(name, ()))
        return tuple(item for item in found if item is not None)

    def ancestors(self, resource: Resource) -> tuple[Resource, ...]:
        """Its parent, the parent's parent and so on, nearest first."""
        parent = self.get(resource.parent)
        return (parent, *self.ancestors(parent)) if parent else ()

    @property
    def cloud(self) -> tuple[Resource, ...]:
        """The resources that exist in AWS: neither components nor providers."""
        return tuple(r for r in self.resources if r.custom and r.type.startswith("aws:"))

    @cached_property
    def _by_urn(self) -> dict[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_type(self) -> dict[str, tuple[Resource, ...]]:
        return _grouped(self.resources, lambda resource: resource.type)

    @cached_property
    def _by_parent(self) -> dict[str, tuple[Resource, ...]]:
        return _grouped(self.resources, lambda resource: resource.parent)


def _grouped(
    resources: tuple[Resource, ...], key: Callable[[Resource], str]
) -> dict[str, tuple[Resource, ...]]:
    groups: dict[str, list[Resource]] = {}
    for resource in resources:
        groups.setdefault(key(resource), []).append(resource)
    return {name: tuple(found) for name, found in groups.items()}
