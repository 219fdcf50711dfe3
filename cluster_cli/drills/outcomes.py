"""What an error means for a write: refused for certain, or unknown. Pure.

Everything that is not listed as a definite refusal is indeterminate: calling an unknown outcome
"refused" would turn writes that did happen into phantoms.
"""

from __future__ import annotations

from collections.abc import Collection

from cluster_cli.drills.records import Outcome

NOT_WRITTEN_CODES = frozenset({10107, 13435, 13436, 112, 251})
"""MongoDB: not primary (three spellings), write conflict, no such transaction."""
ROLLED_BACK_CLASSES = ("23", "25", "40", "42", "53")
"""SQLSTATE classes with which a COMMIT reports that it did not happen: constraint, state, rollback, syntax
or rights, resources."""
NO_WRITES = "NoWritesPerformed"


def mongo_outcome(code: int | None, labels: Collection[str], *, sent: bool) -> Outcome:
    """The outcome of a failed MongoDB write.

    `sent`: False when no server was found to send it to. A refusal counts only where the driver's own
    resend cannot hide an earlier, successful try: on the label that says so.
    """
    if not sent or NO_WRITES in labels:
        return "refused"
    if code in NOT_WRITTEN_CODES and "RetryableWriteError" not in labels:
        return "refused"
    return "indeterminate"


def commit_outcome(sqlstate: str | None) -> Outcome:
    """The outcome of a COMMIT that raised. Without SQLSTATE the connection was lost: unknown."""
    if sqlstate is not None and sqlstate.startswith(ROLLED_BACK_CLASSES):
        return "refused"
    return "indeterminate"


def sync_wait_cancelled(sqlstate: str | None, message: str) -> bool:
    """Whether a notice says that a commit did not wait for its synchronous standby.

    PostgreSQL answers such a commit with *success* and this warning: the row is on the primary alone.
    """
    return sqlstate in ("01000", "57P01") and "synchronous replication" in message
