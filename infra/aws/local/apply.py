"""Apply, compare and destroy against an AWS API with boto3: moto's in the tests.

It checks calls and references. It does not change resources in place and is not the provider's own diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app_core.errors import RefusedError, SwapskillError
from infra.aws.local.backend import Answer
from infra.aws.local.cloud import Cloud
from infra.aws.local.differences import differences, uncompared
from infra.aws.local.gaps import GAPS, check_gap
from infra.aws.local.graph import PROVIDER, Graph, Resource
from infra.aws.local.kinds import Kind, kind_of
from infra.aws.local.run import Program, evaluate
from infra.aws.local.standin import StandIn

State = Mapping[str, Resource]


@dataclass(frozen=True)
class Change:
    """What differs: `create`, `update` (with the inputs that differ) or `delete`."""

    action: str
    urn: str
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A run: its graph, the state after it (URN -> resource with id), and what changed or would change.

    uncompared: (type, input) that the cloud's answers did not tell; `gaps.UNTOLD` lists them.
    """

    graph: Graph
    state: State
    changes: tuple[Change, ...]
    uncompared: frozenset[tuple[str, str]] = frozenset()


def apply(program: Program, cloud: Cloud, state: State | None = None) -> Outcome:
    """Make what is missing, delete what is no longer declared. RefusedError when something differs."""
    return _run(program, _Engine(cloud, state or {}, write=True))


def compare(program: Program, cloud: Cloud, state: State) -> Outcome:
    """What the cloud has against what is declared; changes nothing."""
    return _run(program, _Engine(cloud, state, write=False))


def destroy(cloud: Cloud, state: State) -> tuple[str, ...]:
    """Delete everything, users first; answers what is retained. RefusedError if anything is protected."""
    protected = [resource.label for resource in state.values() if resource.options.protect]
    if protected:
        raise RefusedError("the stack is protected", on=protected[0],
                           why=f"{len(protected)} of its resources may not be deleted")  # fmt: skip
    return tuple(label for resource in _users_first(state) if (label := _delete(cloud, resource)))


class _Engine:
    """The backend of apply and compare."""

    def __init__(self, cloud: Cloud, state: State, *, write: bool) -> None:
        self.cloud, self.write, self.dry_run = cloud, write, not write
        self.before, self.after, self.changes = state, dict[str, Resource](), list[Change]()
        self.uncompared: set[tuple[str, str]] = set()
        self.invoke = StandIn().invoke

    def register(self, resource: Resource) -> Answer:
        if resource.type == PROVIDER:
            answer = Answer(resource.name)
        elif resource.type in GAPS:
            answer = check_gap(resource)
        else:
            answer = self._real(resource)
        kept = {**resource.inputs, **self._ignored(resource)}
        self.after[resource.urn] = replace(resource, inputs=kept, id=answer.id, outputs=answer.outputs)
        return answer

    def _ignored(self, resource: Resource) -> Mapping[str, Any]:
        """Inputs whose change is to be ignored stay as they were when it was made."""
        known = self.before.get(resource.urn)
        names = resource.options.ignore_changes if known else ()
        return {name: known.inputs[name] for name in names if known and name in known.inputs}

    def _real(self, resource: Resource) -> Answer:
        kind = kind_of(resource)
        client = self.cloud.client(kind.service, resource.region)
        known = self.before.get(resource.urn)
        found = kind.read(client, replace(resource, id=known.id, outputs=known.outputs)) if known else None
        if known is None or found is None:
            self.changes.append(Change("create", resource.urn))
            return _made(kind, client, resource) if self.write else Answer()
        self.uncompared |= {(resource.type, name) for name in uncompared(resource, found)}
        differing = differences(resource, found)
        if differing:
            self.changes.append(Change("update", resource.urn, differing))
            if self.write:
                why = f"in {', '.join(differing)}; this engine changes nothing in place"
                raise RefusedError("a resource differs from its declaration", on=resource.label, why=why)
        return Answer(known.id, known.outputs)

    def finish(self) -> None:
        gone = {urn: resource for urn, resource in self.before.items() if urn not in self.after}
        for resource in _users_first(gone):
            self.changes.append(Change("delete", resource.urn))
            if self.write and resource.options.protect:
                raise RefusedError("a protected resource is no longer declared", on=resource.label)
            if self.write:
                _delete(self.cloud, resource)


def _made(kind: Kind, client: Any, resource: Resource) -> Answer:
    try:
        return kind.create(client, resource)
    except Exception as error:  # botocore makes its classes at run time, and moto raises NotImplementedError
        why = f"{type(error).__name__}: {error}"
        raise SwapskillError("the cloud refused a resource", on=resource.label, why=why) from error


def _run(program: Program, engine: _Engine) -> Outcome:
    graph = evaluate(program, engine)
    engine.finish()
    return Outcome(graph, engine.after, tuple(engine.changes), frozenset(engine.uncompared))


def _delete(cloud: Cloud, resource: Resource) -> str | None:
    """Delete one resource; its label when it is kept."""
    if resource.type == PROVIDER or resource.type in GAPS:
        return None
    if resource.options.retain_on_delete:
        return resource.label
    kind = kind_of(resource)
    kind.delete(cloud.client(kind.service, resource.region), resource)
    return None


def _users_first(state: State) -> list[Resource]:
    """An order in which nothing is deleted before what is made from it."""
    order: list[Resource] = []
    seen: set[str] = set()

    def visit(resource: Resource) -> None:
        if resource.urn in seen:
            return
        seen.add(resource.urn)
        needed: set[str] = {*resource.dependencies, resource.options.provider}
        for urn in sorted(needed & state.keys()):
            visit(state[urn])
        order.append(resource)

    for urn in sorted(state):
        visit(state[urn])
    return order[::-1]


def summary(changes: tuple[Change, ...]) -> dict[str, int]:
    """How many of each action."""
    found: dict[str, Any] = {}
    for change in changes:
        found[change.action] = found.get(change.action, 0) + 1
    return found
