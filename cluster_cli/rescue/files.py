"""Rollback files: where a member puts documents that it had taken and had to give up.

A member that comes back after a failover drops the writes that no majority had, and writes the
documents that they touched to `<dbPath>/rollback/<collection UUID>/removed.<time>.bson`. What was
acknowledged within the last journal interval before a crash was never on disk, and is in no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo.errors import PyMongoError

from cluster_cli.engines.mongodb import member_client, primary
from infra.context import Context
from infra.endpoint import Endpoint

Document = dict[str, Any]

CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, uuid_representation=UuidRepresentation.STANDARD)
_TIMEOUT_S = 3.0
UNKNOWN_NAMESPACE = "(dropped collection)"


@dataclass(frozen=True)
class RollbackFile:
    """One rollback file. `id`: what `rescue show` and `replay` take."""

    id: str
    member: str
    group: str
    namespace: str
    rolled_back_at: str
    size: int
    path: Path = field(repr=False)


@dataclass(frozen=True)
class RolledBack:
    """One document as it was on the old primary before the rollback."""

    file: RollbackFile
    document: Document


def rollback_files(ctx: Context, group: str | None = None) -> tuple[RollbackFile, ...]:
    """The rollback files of all running shard members (of one shard), oldest first.

    A member that does not answer cannot have rolled back yet, so it is left out.
    """
    members = ctx.of_kind("mongod-shard", group)
    if not members:
        return ()
    with ThreadPoolExecutor(len(members)) as pool:
        folders = list(pool.map(lambda e: _rollback_folder(ctx, e), members))
    names: dict[str, Mapping[str, str]] = {}
    found: list[RollbackFile] = []
    for endpoint, folder in zip(members, folders, strict=True):
        if folder is None or not folder.is_dir():
            continue
        if endpoint.group not in names:
            names[endpoint.group] = _namespaces(ctx, endpoint.group)
        found += _files(endpoint, folder, names[endpoint.group])
    return tuple(sorted(found, key=lambda f: (f.rolled_back_at, f.id)))


def _rollback_folder(ctx: Context, endpoint: Endpoint) -> Path | None:
    try:
        with member_client(ctx, endpoint.member, timeout=_TIMEOUT_S) as client:
            parsed = client.admin.command("getCmdLineOpts")["parsed"]
    except PyMongoError:
        return None
    return Path(parsed["storage"]["dbPath"]) / "rollback"


def _namespaces(ctx: Context, group: str) -> dict[str, str]:
    """Collection UUID -> namespace, from the set's primary; empty when it has none."""
    leader = primary(ctx, group)
    if leader is None:
        return {}
    with member_client(ctx, leader, timeout=_TIMEOUT_S) as client:
        return {
            str(entry["info"]["uuid"].as_uuid()): f"{database}.{entry['name']}"
            for database in client.list_database_names()
            for entry in client[database].list_collections()
            if "uuid" in entry["info"]
        }


def _files(endpoint: Endpoint, folder: Path, names: Mapping[str, str]) -> Iterator[RollbackFile]:
    for path in folder.glob("*/removed.*.bson"):
        number = path.name.removeprefix("removed.").removesuffix(".bson")
        yield RollbackFile(
            id=f"{endpoint.member}/{path.parent.name[:8]}/{number}",
            member=endpoint.member,
            group=endpoint.group,
            namespace=names.get(path.parent.name, UNKNOWN_NAMESPACE),
            rolled_back_at=file_time(path.name),
            size=path.stat().st_size,
            path=path,
        )


def file_time(name: str) -> str:
    """The time in `removed.2026-11-23T21-35-46.0.bson`, as RFC 3339 UTC; the name itself when it has none."""
    stamp = name.split(".")[1]
    try:
        moment = datetime.strptime(stamp, "%Y-%m-%dT%H-%M-%S").replace(tzinfo=UTC)
    except ValueError:
        return stamp
    return moment.isoformat().replace("+00:00", "Z")


def read_documents(file: RollbackFile) -> Iterator[RolledBack]:
    """The documents of a file; a last one that a crash cut short ends the reading."""
    with file.path.open("rb") as stream:
        documents = bson.decode_file_iter(stream, CODEC)
        while True:
            try:
                yield RolledBack(file, next(documents))
            except (StopIteration, BSONError):
                return
