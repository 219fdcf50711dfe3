"""What the rescue commands print."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from bson import json_util

from app_core.errors import UsageError, nearest
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.rescue.compare import Comparison, State, compare
from cluster_cli.rescue.files import Document, RollbackFile, read_documents, rollback_files
from infra.context import Context


@dataclass(frozen=True)
class Summary:
    """One rollback file and what has become of its documents."""

    id: str
    namespace: str
    rolled_back_at: str
    documents: int
    absent: int
    same: int
    different: int


@dataclass(frozen=True)
class Row:
    """One document as `rescue show` prints it."""

    file: str
    namespace: str
    state: str
    rolled_back: Any
    now: Any


@dataclass(frozen=True)
class Absent:
    """How many documents of a collection a replay would insert."""

    namespace: str
    documents: int


def chosen(files: Iterable[RollbackFile], word: str | None) -> tuple[RollbackFile, ...]:
    """The files whose id begins with the word; UsageError when none does."""
    known = tuple(files)
    if word is None:
        return known
    found = tuple(f for f in known if f.id.startswith(word))
    if not found:
        names = [f.id for f in known]
        why = nearest(word, names)
        raise UsageError("no such rollback file", on=word, why=why, hint="swapctl rescue list")
    return found


def comparisons(ctx: Context, client: Client, word: str | None) -> Iterator[Comparison]:
    """Every rolled-back document of the chosen files, compared."""
    files = chosen(rollback_files(ctx), word)
    return compare(client, (item for file in files for item in read_documents(file)))


def summaries(ctx: Context) -> list[Summary]:
    """One line a file."""
    with contextlib.closing(mongo_client(ctx, "root")) as client:
        return [_summary(file, list(compare(client, read_documents(file)))) for file in rollback_files(ctx)]


def _summary(file: RollbackFile, compared: list[Comparison]) -> Summary:
    def count(state: State) -> int:
        return sum(c.state is state for c in compared)

    return Summary(
        id=file.id,
        namespace=file.namespace,
        rolled_back_at=file.rolled_back_at,
        documents=len(compared),
        absent=count(State.ABSENT),
        same=count(State.SAME),
        different=count(State.DIFFERENT),
    )


def rows(ctx: Context, word: str | None, limit: int) -> list[Row]:
    """The first documents of the chosen files, beside what is there now."""
    with contextlib.closing(mongo_client(ctx, "root")) as client:
        return [_row(c) for c in islice(comparisons(ctx, client, word), limit)]


def _row(comparison: Comparison) -> Row:
    item = comparison.rolled_back
    return Row(
        file=item.file.id,
        namespace=item.file.namespace,
        state=comparison.state.value,
        rolled_back=readable(item.document),
        now=readable(comparison.now) if comparison.now is not None else None,
    )


def readable(document: Document) -> Any:
    """A document in MongoDB's relaxed extended JSON: UUIDs and dates survive a copy to a shell."""
    return json.loads(json_util.dumps(_spell_uuids(document), json_options=json_util.RELAXED_JSON_OPTIONS))


def _spell_uuids(value: Any) -> Any:
    """UUIDs as `$uuid` with their usual text: the default is base64, which nobody can compare by eye."""
    if isinstance(value, UUID):
        return {"$uuid": str(value)}
    if isinstance(value, dict):
        return {key: _spell_uuids(item) for key, item in value.items()}
    return [_spell_uuids(item) for item in value] if isinstance(value, list) else value


def absent_summary(compared: Iterable[Comparison]) -> list[Absent]:
    """How many documents of each collection are absent."""
    counts: dict[str, int] = {}
    for comparison in compared:
        if comparison.state is State.ABSENT:
            namespace = comparison.rolled_back.file.namespace
            counts[namespace] = counts.get(namespace, 0) + 1
    return [Absent(namespace, count) for namespace, count in sorted(counts.items())]
