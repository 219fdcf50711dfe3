"""Rolled-back documents beside what is there now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.rescue.files import UNKNOWN_NAMESPACE, Document, RolledBack

_BATCH = 500
Present = Mapping[object, Document]
"""_id -> the document that has it now."""


class State(StrEnum):
    """What has become of a rolled-back document."""

    ABSENT = "absent"
    """Nothing has its _id now: it can be put back."""
    SAME = "same"
    """It is there again, equal."""
    DIFFERENT = "different"
    """Something else has its _id now: a person must decide."""
    UNKNOWN = "unknown"
    """Its collection is gone."""


@dataclass(frozen=True)
class Comparison:
    """One rolled-back document, what is there now, and the verdict."""

    rolled_back: RolledBack
    now: Document | None
    state: State


def compare(client: Client, documents: Iterable[RolledBack]) -> Iterator[Comparison]:
    """Compare through a router, in batches; `documents` may be of several collections."""
    left = iter(documents)
    while batch := list(islice(left, _BATCH)):
        namespaces = {item.file.namespace for item in batch}
        for namespace in sorted(namespaces):
            some = [item for item in batch if item.file.namespace == namespace]
            yield from judge(some, _current(client, namespace, some))


def _current(client: Client, namespace: str, documents: Iterable[RolledBack]) -> Present | None:
    if namespace == UNKNOWN_NAMESPACE:
        return None
    database, _, name = namespace.partition(".")
    ids = [item.document["_id"] for item in documents]
    return {_hashable(d["_id"]): d for d in client[database][name].find({"_id": {"$in": ids}})}


def judge(documents: Iterable[RolledBack], present: Present | None) -> Iterator[Comparison]:
    """The verdicts on documents of one collection. `present` None = the collection is gone. Pure."""
    for item in documents:
        if present is None:
            yield Comparison(item, None, State.UNKNOWN)
            continue
        now = present.get(_hashable(item.document["_id"]))
        if now is None:
            yield Comparison(item, None, State.ABSENT)
        else:
            yield Comparison(item, now, State.SAME if now == item.document else State.DIFFERENT)


def _hashable(value: object) -> object:
    """An _id as a dictionary's key; one that is a document by its text."""
    return repr(value) if isinstance(value, dict) else value
