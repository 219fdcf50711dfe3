"""What both pictures say about a member, a host and a group."""

from __future__ import annotations

from infra.topology import Node, Topology

KIND_WORDS = {
    "mongod-shard": "mongod",
    "mongod-config": "config server",
    "mongod-arbiter": "arbiter",
    "mongod-hidden": "hidden copy",
    "mongod-hidden-config": "hidden config copy",
    "router": "router",
    "postgres": "PostgreSQL",
    "etcd": "etcd",
    "proxy": "HAProxy + pgbouncer",
}


def groups(topology: Topology) -> tuple[str, ...]:
    """The groups in the order of the file."""
    return tuple(dict.fromkeys(node.group for node in topology.nodes()))


def group_words(topology: Topology, group: str) -> str:
    """One line about a group, for the legend."""
    nodes = [node for node in topology.nodes() if node.group == group]
    words = {
        "mongod-shard": _shard_words(topology, group),
        "mongod-config": "config servers",
        "router": "routers (mongos)",
        "postgres": _scope_words(topology, group),
        "etcd": "etcd",
        "proxy": "proxies",
    }[nodes[0].kind]
    name = "" if group in ("routers", "proxies") else f"{group}: "
    return f"{name}{words}, {len(nodes)} member{'s' if len(nodes) > 1 else ''}"


def member_words(node: Node) -> str:
    """What a member is, and of which group where the kind does not say it."""
    own_group = node.kind in ("router", "proxy", "mongod-config")
    return KIND_WORDS[node.kind] if own_group else f"{KIND_WORDS[node.kind]} · {node.group}"


def members_on(topology: Topology, host: str) -> tuple[Node, ...]:
    """The members placed on a host."""
    return tuple(node for node in topology.nodes() if node.host == host)


def _shard_words(topology: Topology, shard: str) -> str:
    segment = topology.social.segment_of(shard) if topology.social else None
    return f"shard of segment {segment}" if segment else "spare shard"


def _scope_words(topology: Topology, scope: str) -> str:
    payments = topology.payments
    if payments is None or scope != payments.name:
        return "standby cluster"
    sync = payments.sync
    if sync.count == 0:
        return "PostgreSQL, no synchronous standby"
    return f"PostgreSQL, {sync.mode} {sync.count} synchronous, on loss {sync.on_loss}"
