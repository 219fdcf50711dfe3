"""Creates the collection that the drills' probers write to on a shard's own port."""

from __future__ import annotations

from pymongo.errors import OperationFailure

from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.mongodb.users import PROBE_COLLECTION, PROBE_DATABASE

_NAMESPACE_EXISTS = 48


def ensure_probe_collection(client: Client) -> bool:
    """Create it on one shard (client: its primary); True when it was missing.

    Left to the first write, a shard that does not know yet whether the collection is sharded refuses that
    write (13388, StaleConfig); `create` makes it look first.
    """
    try:
        client[PROBE_DATABASE].command("create", PROBE_COLLECTION)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        return False
    return True
