"""Clients of the payments database that remember what was acknowledged."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from cluster_cli import waiting
from cluster_cli.engines.postgresql import connect
from infra.context import Context

INSERT = """
INSERT INTO payment_intent (id, user_id, amount, currency, status) VALUES (%s, %s, 100, 'EUR', 'pending')
"""
_FOUND = "SELECT id FROM payment_intent WHERE id = ANY(%s)"


@dataclass
class Load:
    """What the clients saw. worst_s: the longest time that one transaction took."""

    acked: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    failed: list[str] = field(default_factory=list[str])
    worst_s: float = 0.0


@contextmanager
def load(ctx: Context, clients: int = 4) -> Iterator[Load]:
    """Insert payments through pgbouncer from several clients for as long as the body runs."""
    seen, stop = Load(), threading.Event()
    threads = [threading.Thread(target=_client, args=(ctx, seen, stop), daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(seen.acked) >= 20 * clients, 20)
        yield seen
        count = len(seen.acked)
        wait_until(lambda: len(seen.acked) >= count + 20 * clients, 20)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=90)


def _client(ctx: Context, seen: Load, stop: threading.Event) -> None:
    connection: psycopg.Connection[Any] | None = None
    while not stop.is_set():
        payment, started = uuid.uuid4(), time.monotonic()
        try:
            connection = connection or connect(ctx, "app")
            connection.execute(INSERT, (payment, payment))
            connection.commit()
            seen.acked.append(payment)
            seen.worst_s = max(seen.worst_s, time.monotonic() - started)
        except psycopg.Error as error:
            seen.failed.append(str(error).strip())
            connection = _dropped(connection)
    _dropped(connection)


def _dropped(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        connection.close()


def missing(ctx: Context, seen: Load) -> set[uuid.UUID]:
    """Acknowledged payments that the leader does not have."""
    with connect(ctx, via="proxy") as connection:
        rows = connection.execute(_FOUND, (seen.acked,)).fetchall()
    return set(seen.acked) - {row[0] for row in rows}


def wait_until(condition: Callable[[], bool], limit_s: float) -> None:
    """Poll until the condition holds; AssertionError after the limit."""
    assert waiting.wait_until(condition, limit_s), f"not within {limit_s:g} s"
