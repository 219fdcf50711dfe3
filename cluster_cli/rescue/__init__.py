"""What a failover rolled back: read from the members, beside what is there now, and put back."""

from cluster_cli.rescue.compare import Comparison, State, compare
from cluster_cli.rescue.files import RollbackFile, RolledBack, read_documents, rollback_files
from cluster_cli.rescue.replay import ReplayResult, replay

__all__ = [
    "Comparison",
    "ReplayResult",
    "RollbackFile",
    "RolledBack",
    "State",
    "compare",
    "read_documents",
    "replay",
    "rollback_files",
]
