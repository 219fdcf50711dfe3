"""Names that mean something else."""

from __future__ import annotations

from collections.abc import Iterator

from infra.topology.model import Topology
from infra.topology.violation import Violation

TARGET_ROLES = ("primary", "sync", "secondary", "dr")
# certificates of clients, and processes that a sandbox adds
MEMBERS = frozenset(
    {"app", "dr-link", "haproxy", "operator", "pgbouncer", "postgres", "prober", "replicator", "rewind", "s3"}
    | {"first-data", "ttl"}
)
GROUPS = frozenset({"routers", "proxies"})
SHARDS = frozenset({"config", "admin", "local", "payments"})
SEGMENTS = frozenset({"config", "admin", "local"})


def check(topology: Topology) -> list[Violation]:
    """Refuse names of MongoDB's, of clients and groups of the product, and members named like a role."""
    return [*_groups(topology), *_segments(topology), *_members(topology)]


def _groups(topology: Topology) -> Iterator[Violation]:
    shards = [shard.name for shard in topology.social.shards] if topology.social else []
    for name in sorted({node.group for node in topology.nodes() if node.kind not in ("router", "proxy")}):
        if name in GROUPS or (name in SHARDS and name in shards):
            yield Violation(
                f"{'shard' if name in shards else 'group'} {name}", "the name is reserved", "rename it"
            )


def _segments(topology: Topology) -> Iterator[Violation]:
    for name in topology.social.segments if topology.social else ():
        if name in SEGMENTS:
            yield Violation(f"segment {name}", "its database would have MongoDB's own name", "rename it")


def _members(topology: Topology) -> Iterator[Violation]:
    social = topology.social
    sets = [*(shard.name for shard in social.shards), social.config.name] if social else []
    roles = {f"{group}-{role}" for group in ("payments", *sets) for role in TARGET_ROLES}
    for node in topology.nodes():
        if node.name in roles:
            yield Violation(
                f"member {node.name}", "commands read this word as a role, not as a member", "rename it"
            )
        if node.name in MEMBERS:
            yield Violation(f"member {node.name}", "the name is a client's or a part's own", "rename it")
