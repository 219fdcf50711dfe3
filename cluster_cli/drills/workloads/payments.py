"""Payments through pgbouncer: payment intents, and transfers with their ledger entries.

What counts as acknowledged: COMMIT answered without the warning that its synchronous wait was
cancelled. Before COMMIT was sent every failure is a refusal, for PostgreSQL then rolls back. A resend
meets its own row and writes a barrier record, so that its acknowledgement waits for the standby too.
"""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

from cluster_cli.drills.ledger import Key, ReadBack
from cluster_cli.drills.outcomes import commit_outcome, sync_wait_cancelled
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import Domain, Op
from cluster_cli.drills.site import Site
from cluster_cli.drills.workloads.base import Attempt, Client, Intent, fold_rows
from cluster_cli.drills.workloads.parents import parent_id, write_members
from infra.context import Context

CLIENTS = 8
OPENING = 1_000_000
"""Balance of every account before the load, in cents."""
CURRENCY = "EUR"
STANDBYS = "current_setting('synchronous_standby_names')"
INTENT = f"""INSERT INTO payment_intent (id, user_id, amount, currency, status)
VALUES (%s, %s, %s, '{CURRENCY}', 'pending')
ON CONFLICT (id) DO UPDATE SET status = excluded.status RETURNING {STANDBYS}"""
TRANSFER = f"""INSERT INTO transfer (id, from_account_id, to_account_id, amount, currency)
VALUES (%s, %s, %s, %s, '{CURRENCY}') ON CONFLICT (id) DO NOTHING RETURNING {STANDBYS}"""
BARRIER = f"SELECT pg_logical_emit_message(true, 'drill', %s), {STANDBYS}"
ENTRIES = "INSERT INTO ledger_entry (transfer_id, account_id, amount) VALUES (%s, %s, %s), (%s, %s, %s)"
BOOKED = """SELECT transfer_id::text, account_id::text, amount FROM ledger_entry
WHERE transfer_id BETWEEN %s AND %s"""
BALANCE = "UPDATE account SET balance = balance + %s WHERE id = %s"
LOST_ANSWER_EVERY = 40
"""With sabotage `no-idempotency`, the answer to every n-th acknowledgement of a client is dropped."""


class PaymentsClient:
    """One client: of two values one transfers between its two accounts, one records an intent."""

    domain: Domain = "payments"

    def __init__(self, site: Site, plan: RunPlan, number: int) -> None:
        self.name = f"payments-{number}"
        self._site, self._plan, self._number = site, plan, number
        self._connection: psycopg.Connection[Any] | None = None
        self._cancelled = False
        self.accounts = (plan.id_of("account", number, 0), plan.id_of("account", number, 1))
        self.member = parent_id(plan, self.name)
        """Whose accounts they are."""

    def open(self) -> None:
        """Connect through either proxy; the client's number says which one it tries first."""
        self._connection = self._site.payments_app(first=self._number)
        self._connection.add_notice_handler(self._noticed)

    def intend(self, number: int) -> Intent:
        """In pairs, each in an order by the seed: a transfer (there, in the next pair back) and an intent."""
        value = str(self._plan.id_of(self.name, number))
        pair, turn = divmod(number, 2)
        transfers_first = self._plan.random(self.name, pair).random() < 0.5
        if (turn == 0) == transfers_first:
            way = self.accounts[::-1] if pair % 2 else self.accounts
            body = {"from": way[0], "to": way[1], "amount": 1 + number % 97}
            return Intent(value, "transfer", "payments", "sync", body)
        return Intent(value, "payment_intent", "payments", "sync", {"amount": 100 + number % 900})

    def attempt(self, intent: Intent, number: int) -> Attempt:
        """One transaction. There is no client-side time-out around COMMIT: it would cancel the wait."""
        row = uuid.UUID(intent.value)
        if self._plan.breaks("no-idempotency", intent.path) and number > 1:
            row = self._plan.id_of(intent.value, number)
        self._cancelled = False
        try:
            if self._connection is None:
                self.open()
            connection = self._connection
            assert connection is not None
            connection.execute("BEGIN")
            standbys = self._statements(connection, intent, row)
        except psycopg.Error as error:
            self.close()
            return Attempt("refused", error.sqlstate or type(error).__name__)
        return self._commit(connection, intent, row, standbys, number)

    def _commit(
        self, connection: psycopg.Connection[Any], intent: Intent, row: uuid.UUID, standbys: str, number: int
    ) -> Attempt:
        detail: dict[str, str | int] = {"standbys": standbys}
        if str(row) != intent.value:
            detail["row"] = str(row)
        try:
            connection.execute("COMMIT")
        except psycopg.Error as error:
            self.close()
            code = error.sqlstate or type(error).__name__
            return Attempt(commit_outcome(error.sqlstate), code, detail=detail)
        if self._cancelled and not self._plan.breaks("count-cancelled", intent.path):
            return Attempt("indeterminate", "01000", detail=detail)
        if self._answer_dropped(intent, number):
            return Attempt("indeterminate", "answer dropped on purpose", detail=detail)
        return Attempt("acked", via=str(connection.info.port), detail=detail)

    def _answer_dropped(self, intent: Intent, number: int) -> bool:
        if number > 1 or not self._plan.breaks("no-idempotency", intent.path):
            return False
        return uuid.UUID(intent.value).int % LOST_ANSWER_EVERY == 0

    def _statements(self, connection: psycopg.Connection[Any], intent: Intent, row: uuid.UUID) -> str:
        """Everything before COMMIT; returns the synchronous standbys that this backend knows of."""
        if intent.target == "payment_intent":
            found = connection.execute(INTENT, (row, self.member, intent.body["amount"])).fetchone()
            return found[0] if found else ""
        payer, payee, amount = intent.body["from"], intent.body["to"], intent.body["amount"]
        found = connection.execute(TRANSFER, (row, payer, payee, amount)).fetchone()
        if found is None:  # an earlier attempt was committed: make this one wait for the standby as well
            barrier = connection.execute(BARRIER, (str(row),)).fetchone()
            return barrier[1] if barrier else ""
        for account, change in sorted(((payer, -amount), (payee, amount))):
            connection.execute(BALANCE, (change, account))
        connection.execute(ENTRIES, (row, payer, -amount, row, payee, amount))
        return found[0]

    def _noticed(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if sync_wait_cancelled(diagnostic.sqlstate, diagnostic.message_primary or ""):
            self._cancelled = True

    def abort(self) -> None:
        """Shut the socket under a COMMIT that waits; libpq then reports a lost connection."""
        connection = self._connection
        if connection is not None and not connection.closed:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as raw:
                raw.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Drop the connection; the next attempt makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()


class Payments:
    """The payments workload."""

    name = "payments"
    domain: Domain = "payments"

    def __init__(self, ctx: Context, plan: RunPlan) -> None:
        self._site, self._plan = Site(ctx), plan
        self._clients = [PaymentsClient(self._site, plan, number) for number in range(CLIENTS)]

    def prepare(self) -> None:
        """A member a client with two accounts, each with the opening balance."""
        if self._site.ctx.topology.social is not None:
            write_members(self._site, (client.member for client in self._clients))
        rows = [(a, client.member, CURRENCY, OPENING) for client in self._clients for a in client.accounts]
        with self._site.payments_app(first=0) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO account (id, user_id, currency, balance) VALUES (%s, %s, %s, %s)", rows
            )

    def clients(self) -> Sequence[Client]:
        """Eight clients, half of them on each proxy first."""
        return self._clients

    def read_back(self, ops: Sequence[Op]) -> ReadBack:
        """All rows of this run on the primary, in one snapshot, after a barrier that waits."""
        low, high = self._plan.id_range
        try:
            with self._site.payments_app(first=0) as connection:
                connection.execute("SELECT pg_logical_emit_message(true, 'drill', 'read back')")
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    return self._read(connection, ops, (low, high))
        except psycopg.Error as error:
            return ReadBack(False, reason=f"payments: {error}".strip())

    def _read(
        self, connection: psycopg.Connection[Any], ops: Sequence[Op], span: tuple[Any, Any]
    ) -> ReadBack:
        rows: dict[Key, int] = {}
        for table in ("payment_intent", "transfer"):
            query = f"SELECT id::text FROM {table} WHERE id BETWEEN %s AND %s"
            rows.update({(table, row): 1 for (row,) in connection.execute(query, span)})
        mine = [op for op in ops if op.domain == "payments"]
        values: dict[str, str] = {str(op.detail.get("row", op.value)): op.value for op in mine}
        legs: dict[str, int] = {}
        entries: dict[str, int] = {}
        for transfer, account, amount in connection.execute(BOOKED, span):
            value = values.get(transfer) or str(transfer)
            legs[value] = legs.get(value, 0) + 1
            entries[account] = entries.get(account, 0) + amount
        query = "SELECT id::text, balance FROM account WHERE id BETWEEN %s AND %s"
        balances = {account: int(balance) for account, balance in connection.execute(query, span)}
        return ReadBack(
            complete=True,
            found=fold_rows(mine, rows),
            balances=balances,
            entries=entries,
            opening={str(a): OPENING for client in self._clients for a in client.accounts},
            legs=legs,
        )
