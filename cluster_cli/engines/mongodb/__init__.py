"""The social domain's engine: a sharded MongoDB cluster, observed and acted upon."""

from cluster_cli.engines.mongodb.clients import anonymous_client, member_client, mongo_client
from cluster_cli.engines.mongodb.elections import (
    await_rejoined,
    failover,
    primary,
    step_down,
    step_up,
    switchover,
)
from cluster_cli.engines.mongodb.handles import bound, handle, write_concern
from cluster_cli.engines.mongodb.status import read_status, read_views

__all__ = [
    "anonymous_client",
    "await_rejoined",
    "bound",
    "failover",
    "handle",
    "member_client",
    "mongo_client",
    "primary",
    "read_status",
    "read_views",
    "step_down",
    "step_up",
    "switchover",
    "write_concern",
]
