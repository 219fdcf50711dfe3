"""The payments domain's engine: PostgreSQL under Patroni, observed and acted upon."""

from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.engines.postgresql.durability import sync_state
from cluster_cli.engines.postgresql.failover import failover
from cluster_cli.engines.postgresql.http import rest
from cluster_cli.engines.postgresql.leader import leader
from cluster_cli.engines.postgresql.status import read_status
from cluster_cli.engines.postgresql.switchover import switchover

__all__ = ["connect", "failover", "leader", "read_status", "rest", "switchover", "sync_state"]
