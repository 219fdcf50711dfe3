"""The social domain's schema: the registry beside the live cluster, and the cures of what differs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pymongo.errors import OperationFailure

from app_core.errors import SwapskillError
from app_core.schema import registry
from app_core.schema.model import Collection
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb.clients import Client, server_words
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social_facts import LiveSocial, read_social
from infra.context import Context

_PARALLEL = 12
"""Making a collection is waiting, not work: each change of the metadata is acknowledged by a majority."""
_NAMESPACE_EXISTS = 48
_INDEX_NOT_FOUND = 27


@dataclass(frozen=True)
class SocialFacts:
    """What the checks compare."""

    collections: tuple[Collection, ...]
    live: LiveSocial


def read(ctx: Context, client: Client) -> SocialFacts:
    """The registry and the live cluster."""
    assert ctx.topology.social is not None
    wanted = registry.collections()
    return SocialFacts(wanted, read_social(ctx, client, ctx.topology.social.segments, wanted))


def cure(
    client: Client, facts: SocialFacts, found: Iterable[Difference], log: StepLog, *, dry_run: bool = False
) -> None:
    """Run the commands of the differences, a step a collection; also say which need nothing.

    New collections are made side by side; on those that may hold data one index set is built at a time.
    Raises SwapskillError with the collection and the server's words.
    """
    todo: dict[str, list[Difference]] = {c.namespace: [] for c in facts.collections}
    for difference in found:
        todo.setdefault(difference.owner, []).append(difference)
    one_at_a_time = threading.Lock()

    def run(namespace: str) -> None:
        with log.step(f"collection {namespace}") as step:
            step.changed = bool(todo[namespace])
            if todo[namespace] and not dry_run:
                new = namespace not in facts.live.seen or not facts.live.seen[namespace].exists
                _run(client, todo[namespace], None if new else one_at_a_time)

    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="schema") as pool:
        list(pool.map(run, todo))


def _run(client: Client, found: Iterable[Difference], lock: threading.Lock | None) -> None:
    for difference in found:
        try:
            if lock is None:
                _commands(client, difference)
            else:
                with lock:
                    _commands(client, difference)
        except OperationFailure as error:
            raise SwapskillError(
                f"the change failed ({difference.cure.partition(' (')[0]})",
                on=difference.object,
                why=server_words(error),
                hint="swapctl schema diff",
            ) from error


def _commands(client: Client, difference: Difference) -> None:
    for database, command in difference.commands:
        try:
            # commands are encoded with the driver's bare defaults, which know no UUID
            client[database].command(command, codec_options=client.codec_options)
        except OperationFailure as error:
            if not _done_already(command, error.code):
                raise


def _done_already(command: Mapping[str, Any], code: int | None) -> bool:
    """Another apply was first, or some of the shards did not have the index; the others dropped it."""
    made = "create" in command and code == _NAMESPACE_EXISTS
    return made or ("dropIndexes" in command and code == _INDEX_NOT_FOUND)
