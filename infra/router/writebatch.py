"""A write command's statements, split by the shards that must run them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.router.bsonraw import Document, decode, is_document
from infra.router.errors import CommandError
from infra.router.routing import RoutingTable, is_simple

FIELDS = {"insert": "documents", "update": "updates", "delete": "deletes"}
MAX_GROUP_BYTES = 40_000_000
"""Leaves room for the fields that the router adds to a message of at most 48,000,000 bytes."""
MAX_STATEMENTS = 100_000


@dataclass
class Group:
    """Statements that go to the same shards, with their positions in the client's batch."""

    shards: list[str]
    every: bool = False
    """Runs on all its shards (multi); otherwise on one after another until one matches."""
    items: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    size: int = 0

    def add(self, index: int, raw: bytes) -> None:
        """Append a statement."""
        self.items.append((index, raw))
        self.size += len(raw)


@dataclass
class Plan:
    """Groups in order, and the statements that cannot be placed."""

    groups: list[Group]
    errors: dict[int, CommandError]


@dataclass(frozen=True)
class Target:
    """Where one statement goes."""

    shards: tuple[str, ...]
    every: bool = False


def plan(name: str, statements: list[bytes], table: RoutingTable, *, ordered: bool) -> Plan:
    """Split the statements; ordered: runs of neighbours, unordered: one group a target.

    An ordered batch ends at the first statement that cannot be placed.
    """
    result = Plan([], {})
    for index, raw in enumerate(statements):
        try:
            target = place(name, decode(raw), table)
        except CommandError as error:
            result.errors[index] = error
            if ordered:
                break
            continue
        _group_for(result.groups, target, len(raw), ordered).add(index, raw)
    return result


def chunked(statements: list[bytes], shard: str) -> list[Group]:
    """All statements to one shard, in messages that are not too large."""
    groups: list[Group] = []
    for index, raw in enumerate(statements):
        _group_for(groups, Target((shard,)), len(raw), True).add(index, raw)
    return groups


def _group_for(groups: list[Group], target: Target, size: int, ordered: bool) -> Group:
    candidates = groups[-1:] if ordered else groups
    for group in candidates:
        same = tuple(group.shards) == target.shards and group.every == target.every
        if same and group.size + size <= MAX_GROUP_BYTES and (len(target.shards) == 1 or group.every):
            return group
    groups.append(Group(list(target.shards), target.every))
    return groups[-1]


def place(name: str, statement: Document, table: RoutingTable) -> Target:
    """The shards of one statement; CommandError when a mongos would refuse it."""
    if name == "insert":
        return Target((table.shard_of_document(statement),))
    if name == "update":
        return _place_update(statement, table)
    return _place_delete(statement, table)


def _place_update(statement: Document, table: RoutingTable) -> Target:
    query, multi = statement["q"], bool(statement.get("multi"))
    collation = statement.get("collation")
    simple = is_simple(collation if collation is not None else table.default_collation)
    if statement.get("upsert"):
        return Target((_upsert_shard(statement, table, simple),))
    shards = table.shards_of_query(query, collation)
    if multi:
        return Target(tuple(shards), every=True)
    if len(shards) == 1:
        return Target((shards[0],))
    if is_replacement(statement["u"]):
        key = table.exact_key({**_replacement_key(statement["u"], table)})
        if key is not None:
            return Target((table.chunk_of(key).shard,))
    if _exact_id(query) and simple:
        return Target(tuple(shards))
    raise CommandError(72, _no_target("update", "{multi:false} update", table, statement))


def _upsert_shard(statement: Document, table: RoutingTable, simple: bool) -> str:
    key = table.exact_key(statement["q"]) if simple else None
    if key is None and is_replacement(statement["u"]) and not statement.get("multi"):
        key = table.exact_key({**statement["q"], **_replacement_key(statement["u"], table)})
    if key is None:
        raise CommandError(61, "Failed to target upsert by query :: could not extract exact shard key")
    return table.chunk_of(key).shard


def _replacement_key(replacement: Document, table: RoutingTable) -> Document:
    heads = {name.split(".")[0] for name in table.key}
    return {head: replacement.get(head) for head in heads if head in replacement}


def _place_delete(statement: Document, table: RoutingTable) -> Target:
    query, collation = statement["q"], statement.get("collation")
    shards = table.shards_of_query(query, collation)
    if not statement.get("limit"):
        return Target(tuple(shards), every=True)
    simple = is_simple(collation if collation is not None else table.default_collation)
    if len(shards) == 1 or (_exact_id(query) and simple):
        return Target(tuple(shards))
    raise CommandError(61, _no_target("delete", "single delete", table, statement))


def _no_target(kind: str, what: str, table: RoutingTable, statement: Document) -> str:
    return (
        f"A {what} on a sharded collection must contain an exact match on _id (and have the collection "
        f"default "
        f"collation) or contain the shard key (and have the simple collation). {kind.capitalize()} request: "
        f"{statement!r}, shard key pattern: {table.key!r}"
    )


def is_replacement(update: Any) -> bool:
    """A whole new document (no operators, no pipeline)."""
    return is_document(update) and not (update and next(iter(update)).startswith("$"))


def _exact_id(query: Document) -> bool:
    value = query.get("_id")
    operators = value if is_document(value) and next(iter(value), "").startswith("$") else None
    return "_id" in query and (operators is None or "$eq" in operators)
