"""Takes a month out of its table.

DETACH PARTITION … CONCURRENTLY marks the month, waits for those that use the table, and then makes the month
a table of its own. In that last step a month with foreign keys gets its own triggers on the tables that it
refers to, which locks those against writers: whoever writes behind it in the queue waits as long as it waits.
"""

from __future__ import annotations

from typing import Any

import psycopg

from cluster_cli.schema import patience
from cluster_cli.schema.partitions import detach_statement

Connection = psycopg.Connection[Any]
_STATE = """
SELECT i.inhdetachpending,
       EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND i.inhrelid IN (k.conrelid, k.confrelid))
  FROM pg_inherits i WHERE i.inhrelid = to_regclass(%s)
"""


def detach(connection: Connection, table: str, partition: str) -> None:
    """Detach a month, or finish what was begun; nothing where it is out already. The connection autocommits.

    With foreign keys it waits at most BRIEF_MS for a lock and comes again; without, as long as others take.
    Raises psycopg.errors.LockNotAvailable after the last try: the next run finishes it.
    """
    patience.insist(lambda: _once(connection, table, partition))


def _once(connection: Connection, table: str, partition: str) -> None:
    state = connection.execute(_STATE, (partition,)).fetchone()
    if state is None:
        return
    pending, refers = state
    with patience.limited(connection, patience.BRIEF_MS if refers else 0):
        connection.execute(detach_statement(table, partition, finalize=pending))
