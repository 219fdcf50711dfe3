"""The payments domain's engine: PostgreSQL under Patroni, observed and acted upon."""

from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.engines.postgresql.durability import sync_state
from cluster_cli.engines.postgresql.http import rest
from cluster_cli.engines.postgresql.leader import leader
from cluster_cli.engines.postgresql.status import read_status

__all__ = ["connect", "leader", "read_status", "rest", "sync_state"]
