"""Which read concern which command takes. Pure."""

from __future__ import annotations

from infra.router.bsonraw import is_document
from infra.router.errors import CommandError
from infra.router.request import Request

_LEVELS = ("local", "majority", "linearizable", "available", "snapshot")
_SNAPSHOT_READS = frozenset({"find", "aggregate", "distinct", "explain", "getMore"})
"""getMore is among them for drivers that repeat there what the cursor was opened with."""
_READS = _SNAPSHOT_READS | {"count"}
_INVALID_OPTIONS, _FAILED_TO_PARSE, _TYPE_MISMATCH = 72, 9, 14


def check_read_concern(request: Request) -> None:
    """CommandError for a read concern that is none, or that this command does not take."""
    given = request.command.get("readConcern")
    if given is None:
        return
    if not is_document(given):
        raise CommandError(_TYPE_MISMATCH, "readConcern must be a document")
    level = given.get("level", "local")
    if level not in _LEVELS:
        raise CommandError(
            _FAILED_TO_PARSE,
            "readConcern.level must be either 'local', 'majority', 'linearizable', 'available', or "
            "'snapshot'",
        )
    takes = _SNAPSHOT_READS if level == "snapshot" else _READS
    # In a transaction the concern belongs to the transaction, not to the statement that starts it.
    if level != "local" and request.name not in takes and not request.in_transaction:
        raise CommandError(
            _INVALID_OPTIONS,
            f'Command {request.name} does not support {{ readConcern: {{ level: "{level}", provenance: '
            f'"clientSupplied" }} }} :: caused by :: read concern not supported',
        )
