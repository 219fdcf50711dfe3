"""What was sent to the cloud for each resource: the words of every request that its creation made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.aws.local import apply as engine
from infra.aws.local.cloud import Cloud
from infra.aws.local.gaps import UNTOLD, Untold
from infra.aws.local.graph import Resource
from infra.aws.local.values import bare


class Requests:
    """sent: URN -> the words of its requests, in lower case."""

    def __init__(self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: dict[str, set[str]] = {}
        self._now: set[str] = set()
        self._known: set[int] = set()
        self._client, self._kind_of = cloud.client, engine.kind_of
        monkeypatch.setattr(cloud, "client", self.client)
        monkeypatch.setattr(engine, "kind_of", self.kind_of)

    def client(self, service: str, region: str) -> Any:
        found = self._client(service, region)
        if id(found) not in self._known:
            self._known.add(id(found))
            found.meta.events.register("provide-client-params.*.*", self._note)
        return found

    def kind_of(self, resource: Resource) -> Any:
        kind = self._kind_of(resource)

        def create(client: Any, made: Resource) -> Any:
            self._now = self.sent.setdefault(made.urn, set())
            return kind.create(client, made)

        return replace(kind, create=create)

    def _note(self, params: Any, **_: Any) -> None:
        self._now |= set(words(params))


def words(value: Any) -> Iterator[str]:
    """Every single value inside a value, as text, and the keys of maps: APIs turn pairs into maps."""
    if isinstance(value, dict):
        yield from (str(key).lower() for key in value)
        for item in value.values():
            yield from words(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from words(item)
    elif value is not None:
        yield str(value).lower()


def values(value: Any) -> Iterator[str]:
    """The single values inside a value, without the keys of maps."""
    if isinstance(value, dict):
        for item in value.values():
            yield from values(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from values(item)
    elif value not in (None, ""):
        yield str(value).lower()


def wrong(resource: Resource, name: str, sent: set[str]) -> str | None:
    """What speaks against the reason for which an input is not compared; None when nothing does."""
    untold: Untold = UNTOLD[resource.type][name]
    wanted = set(values(bare(resource.inputs[name])))
    if untold.check == "id" and not all(word in resource.id.lower() for word in wanted):
        return f"{resource.label}: the id {resource.id} does not say {name}"
    if untold.check == "request" and wanted != {"false"} and wanted - sent:
        return f"{resource.label}: no request has {name}: {sorted(wanted - sent)[:3]}"
    return None


def listed() -> set[tuple[str, str]]:
    """(type, input) of every input that is listed as not compared."""
    return {(kind, name) for kind, names in UNTOLD.items() for name in names}
