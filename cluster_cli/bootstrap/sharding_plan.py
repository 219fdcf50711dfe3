"""What is missing of shards, zones and databases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cluster_cli.bootstrap.set_plan import SetSpec

Documents = Iterable[Mapping[str, Any]]


def missing_shards(present: Documents, specs: Iterable[SetSpec]) -> list[SetSpec]:
    """The shards of the topology that `config.shards` does not list."""
    known = {shard["_id"] for shard in present}
    return [spec for spec in specs if spec.kind == "shard" and spec.name not in known]


def connection_string(spec: SetSpec) -> str:
    """A shard as addShard takes it: `set/host:port,…`, arbiters left out."""
    return f"{spec.name}/{','.join(spec.data_hosts)}"


def missing_zones(present: Documents, segments: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """(shard, zone) of every shard that is not in its segment's zone yet."""
    tags = {shard["_id"]: set(shard.get("tags", ())) for shard in present}
    return [
        (shard, segment)
        for segment, shards in segments.items()
        for shard in shards
        if segment not in tags.get(shard, set())
    ]


def missing_databases(present: Documents, segments: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """(database, primary shard) of every segment without its database."""
    known = {database["_id"] for database in present}
    return [(segment, next(iter(shards))) for segment, shards in segments.items() if segment not in known]


def misplaced_databases(present: Documents, segments: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """(database, primary shard) of every segment's database whose primary shard lies outside the segment."""
    return [
        (str(database["_id"]), str(database["primary"]))
        for database in present
        if database["_id"] in segments and database["primary"] not in set(segments[database["_id"]])
    ]
