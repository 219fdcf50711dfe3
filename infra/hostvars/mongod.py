"""Variables of a mongod: a shard's member, a config server or an arbiter."""

from __future__ import annotations

from typing import Any

from infra.hostvars import Placement
from infra.timing import Timing
from infra.topology import Node, Topology

COMPRESSORS = "snappy,zstd"
"""What `net.compression.compressors` offers: never zlib, whatever the version."""
_CLUSTER_ROLES = {
    "mongod-shard": "shardsvr",
    "mongod-arbiter": "shardsvr",
    "mongod-hidden": "shardsvr",
    "mongod-hidden-config": "configsvr",
    "mongod-config": "configsvr",
}

# A laptop runs nine of these side by side: small caches, a journal that is not preallocated (9 MB on
# disk instead of 300), and a shutdown that does not wait 15 s for clients to move on.
_SMALL = {
    "mongod_cache_gb": 0.25,
    "mongod_oplog_mb": 64,
    "mongod_engine_config": "log=(file_max=8MB,prealloc=false)",
}
_SERVER_DEFAULTS = {
    "mongod_cache_gb": None,
    "mongod_oplog_mb": None,
    "mongod_engine_config": None,
}
_SMALL_PARAMETERS: dict[str, Any] = {
    "diagnosticDataCollectionEnabled": False,
    "shutdownTimeoutMillisForSignaledShutdown": 200,
    # Secrets are random words of 32 characters: nobody guesses them, however cheap a guess is. Each of the
    # hundred connections between nine members costs so many rounds on both sides.
    "scramIterationCount": 5000,
    "scramSHA256IterationCount": 5000,
}
_SMALL_SHARD_PARAMETERS: dict[str, Any] = {
    # the default of 900 s refuses to move a chunk back within that time
    "orphanCleanupDelaySecs": 1,
    # idle shards hold back change streams for so long
    "periodicNoopIntervalSecs": 1,
}


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `mongod.conf.j2` needs for one member."""
    small = topology.class_ == "ephemeral"
    role = _CLUSTER_ROLES[node.kind]
    return {
        "mongod_cluster_role": role,
        "mongod_port": placement.endpoints[node.name].ports["mongo"],
        "mongod_data_dir": str(placement.dir(node.name) / "data"),
        "mongod_log": str(placement.dir(node.name) / "mongod.log"),
        "mongod_keyfile": str(placement.credentials.keyfile),
        "mongod_certificate_file": str(placement.tls(node.name, node.name).pem),
        "mongod_compressors": COMPRESSORS,
        "mongod_parameters": {**_parameters(role), **(_small_parameters(role) if small else {})},
        **(_SMALL if small else _SERVER_DEFAULTS),
    }


def _parameters(role: str) -> dict[str, Any]:
    # which write concerns arrived, by kind of operation: what the registry promises can be counted
    return {"reportOpWriteConcernCountersInServerStatus": True} if role == "shardsvr" else {}


def _small_parameters(role: str) -> dict[str, Any]:
    return {
        **_SMALL_PARAMETERS,
        **(_SMALL_SHARD_PARAMETERS if role == "shardsvr" else {}),
    }
