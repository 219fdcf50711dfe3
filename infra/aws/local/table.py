"""A kind of resource described by a table instead of code, for APIs that are all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.values import as_list, as_map, bare, inside, is_list

Tagger = Callable[[Resource], dict[str, Any]]


@dataclass(frozen=True)
class Table:
    """One type of resource.

    create, find, delete: (method, parameters); a parameter `{id}` stands for the id. made, found: where the
    description is in their answers (dots; a list gives its first item). fields: input -> field, of the
    request and of the description. outputs: output -> field of the description. tags: how they are sent.
    more: further parameters of the request. after: called when it is there. told: further inputs as the
    cloud has them. lives: whether a description is of something alive.
    """

    type: str
    service: str
    create: str
    made: str
    id: str
    find: tuple[str, Mapping[str, Any]]
    found: str
    delete: tuple[str, Mapping[str, Any]]
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Tagger | None = None
    more: Callable[[Resource], Mapping[str, Any]] = lambda resource: {}
    after: Callable[[Any, Resource, str], None] = lambda client, resource, id: None
    told: Callable[[Any, Resource, Mapping[str, Any]], Mapping[str, Any]] = lambda client, resource, found: {}
    lives: Callable[[Mapping[str, Any]], bool] = lambda found: True

    def kind(self) -> Kind:
        """The kind that works by this table."""
        return Kind(self.type, self.service, self._create, self._read, self._delete)

    def _create(self, client: Any, resource: Resource) -> Answer:
        given = {
            self.fields[key]: bare(value) for key, value in resource.inputs.items() if key in self.fields
        }
        tags = self.tags(resource) if self.tags and resource.tags else {}
        made = pick(getattr(client, self.create)(**{**given, **tags, **bare(self.more(resource))}), self.made)
        identity = str(pick(made, self.id))
        self.after(client, resource, identity)
        described = self._find(client, identity) or made
        return Answer(identity, {name: pick(described, path) for name, path in self.outputs.items()})

    def _find(self, client: Any, identity: str) -> Mapping[str, Any] | None:
        method, parameters = self.find
        try:
            found = pick(getattr(client, method)(**_filled(parameters, identity)), self.found)
        except Exception as error:  # botocore makes its classes at run time
            if is_gone(error):
                return None
            raise
        return found if found and self.lives(found) else None

    def _read(self, client: Any, resource: Resource) -> Mapping[str, Any] | None:
        found = self._find(client, resource.id)
        if found is None:
            return None
        own = {
            key: found.get(name)
            for key, name in self.fields.items()
            if key in resource.inputs and name in found
        }
        tags = {"tags": tags_of(found)} if self.tags and ("Tags" in found or "TagSet" in found) else {}
        return {**own, **tags, **self.told(client, resource, found)}

    def _delete(self, client: Any, resource: Resource) -> None:
        method, parameters = self.delete
        getattr(client, method)(**_filled(parameters, resource.id))


def pick(value: Any, path: str) -> Any:
    """What lies at a dotted path; a list on the way gives its first item; "" is the value itself."""
    for step in filter(None, path.split(".")):
        value = first(value)
        value = as_map(value).get(step)
    return first(value)


def first(value: Any) -> Any:
    """The first item of a list, None of an empty one; anything else as it is."""
    return next(iter(value), None) if is_list(value) else value


def _filled(parameters: Any, identity: str) -> Any:
    if isinstance(parameters, str):
        return parameters.replace("{id}", identity)
    return inside(parameters, lambda value: _filled(value, identity))


def pairs(tags: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": bare(value)} for key, value in sorted(tags.items())]


def listed(resource: Resource) -> dict[str, Any]:
    """`Tags=[{Key, Value}]`."""
    return {"Tags": pairs(resource.tags)}


def specified(kind: str) -> Tagger:
    """`TagSpecifications=[…]` of EC2, for one type of resource."""
    return lambda resource: {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(resource.tags)}]}


def tags_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The tags of a description, AWS's own left out."""
    told = found.get("Tags", found.get("TagSet"))
    listed = {
        item.get("Key", item.get("TagKey")): item.get("Value", item.get("TagValue")) for item in as_list(told)
    }
    tags = {**as_map(told), **listed}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}
