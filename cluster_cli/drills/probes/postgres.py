"""Probers of the payments domain: roles, durability, writes, the leader lock, the proxies."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import socket
import uuid
from http.client import HTTPException, HTTPSConnection
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.outcomes import sync_wait_cancelled
from cluster_cli.drills.probes.base import Prober
from cluster_cli.drills.probes.board import Board
from cluster_cli.drills.records import Durability, Outcome, ProbeWrite, RoleSeen, RouteSeen
from cluster_cli.drills.site import Site
from cluster_cli.engines.postgresql.leader import etcd_group, key
from infra.endpoint import Endpoint

PATIENCE = 0.5
"""Seconds after which a member that does not answer is recorded as down; the answer is still awaited."""
RECONNECT_S = 0.25
"""Between two tries to connect: a server that shuts down waits until it has refused every connection."""
LOCK = "lock"
QUESTION = b"""SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names'),
CASE WHEN pg_is_in_recovery() THEN '0'
ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text END"""
WRITE = """INSERT INTO probe (id, member) VALUES (%s, %s)
RETURNING current_setting('synchronous_standby_names'),
('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"""


class RoleProber:
    """Asks one member for its role, timeline and the synchronous standbys that it knows of."""

    def __init__(
        self, site: Site, endpoint: Endpoint, recorder: Recorder, clock: Clock, board: Board
    ) -> None:
        self._site, self._endpoint, self._board = site, endpoint, board
        self._recorder, self._clock = recorder, clock
        self._connection: psycopg.Connection[Any] | None = None
        self._asked: float | None = None
        self._next_try = 0.0

    def ask(self) -> None:
        """One question, or another look for the answer to the last one."""
        if self._connection is None and self._clock.now() < self._next_try:
            self._record("down", 0)
            return
        try:
            self._ask()
        except (psycopg.Error, OSError):
            self.close()
            self._next_try = self._clock.now() + RECONNECT_S
            self._record("down", 0)

    def _ask(self) -> None:
        if self._connection is None:
            self._connection = self._site.member(self._endpoint.member)
        raw = self._connection.pgconn
        if self._asked is None:
            self._asked = self._clock.now()
            raw.send_query(QUESTION)
            raw.flush()
        answer = self._answer(raw)
        if answer is None:
            self._record("down", 0)
            return
        standby, standbys, timeline = answer
        primary = standby == "f"
        asked, self._asked = self._asked, None
        self._record("primary" if primary else "secondary", int(timeline), asked)
        if primary:
            mode = "sync" if standbys else "degraded"
            self._recorder.add(Durability(self._clock.now(), self._endpoint.member, mode, standbys))

    def _answer(self, raw: Any) -> tuple[str, str, str] | None:
        """The row, or None when there is no answer yet; OperationalError when the server refused."""
        while True:
            if not select.select([raw.socket], [], [], PATIENCE)[0]:
                return None
            raw.consume_input()
            if not raw.is_busy():
                break
        result, row = raw.get_result(), None
        while result is not None:
            if result.status != ExecStatus.TUPLES_OK:
                raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
            row = tuple((result.get_value(0, column) or b"").decode() for column in range(3))
            result = raw.get_result()
        if row is None:
            raise psycopg.OperationalError("no row")
        return row[0], row[1], row[2]

    def _record(self, role: Any, term: int, asked: float | None = None) -> None:
        now = self._clock.now()
        group, member = self._endpoint.group, self._endpoint.member
        seen = RoleSeen(now, "payments", group, member, role, term, now if asked is None else asked)
        self._board.saw(seen)
        self._recorder.add(seen)

    def close(self) -> None:
        """Drop the connection."""
        connection, self._connection, self._asked = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()


class WriteProber:
    """Writes to one member's own port while that member is the primary as far as anyone knows."""

    def __init__(
        self, site: Site, endpoint: Endpoint, recorder: Recorder, clock: Clock, board: Board
    ) -> None:
        self._site, self._endpoint, self._board = site, endpoint, board
        self._recorder, self._clock = recorder, clock
        self._connection: psycopg.Connection[Any] | None = None
        self._cancelled = False

    def ask(self) -> None:
        """One write, if the member calls itself primary; else there is nothing that could acknowledge."""
        if not self._board.claims(self._endpoint.member):
            return
        invoked, value = self._clock.now(), uuid.uuid4()
        standbys, timeline, outcome = "", 0, "indeterminate"
        try:
            if self._connection is None:
                self._connection = self._site.member(self._endpoint.member)
                self._connection.add_notice_handler(self._noticed)
            self._cancelled = False
            row = self._connection.execute(WRITE, (value, self._endpoint.member)).fetchone()
            standbys, timeline = row or ("", 0)
            outcome = "indeterminate" if self._cancelled else "acked"
        except psycopg.errors.ReadOnlySqlTransaction:
            return
        except psycopg.Error:
            if self._connection is None:
                return
            self.close()
        self._record(invoked, value, timeline, bool(standbys), outcome)

    def _record(
        self, invoked: float, value: uuid.UUID, timeline: int, durable: bool, outcome: Outcome
    ) -> None:
        self._recorder.add(
            ProbeWrite(
                domain="payments",
                group=self._endpoint.group,
                member=self._endpoint.member,
                term=timeline,
                durable=durable,
                invoked=invoked,
                completed=self._clock.now(),
                outcome=outcome,
                value=str(value),
            )
        )

    def _noticed(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if sync_wait_cancelled(diagnostic.sqlstate, diagnostic.message_primary or ""):
            self._cancelled = True

    def close(self) -> None:
        """Drop the connection, also under a write that waits for a standby."""
        connection, self._connection = self._connection, None
        if connection is None or connection.closed:
            return
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as raw:
            raw.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(psycopg.Error):
            connection.close()


class LockProber:
    """Reads Patroni's leader key in etcd, over one connection that is kept; records changes."""

    def __init__(self, site: Site, recorder: Recorder, clock: Clock) -> None:
        self._site, self._recorder, self._clock = site, recorder, clock
        self._members = [e.member for e in site.ctx.of_kind("etcd", etcd_group(site.ctx))]
        self._body = json.dumps({"key": base64.b64encode(key(site.ctx, "leader").encode()).decode()})
        self._connection: HTTPSConnection | None = None
        self._last: str | None = None

    def ask(self) -> None:
        """One read; a member that does not answer is left for the next one, and nothing is recorded."""
        try:
            holder = self._holder()
        except (OSError, HTTPException, ValueError):
            self.close()
            self._members.append(self._members.pop(0))
            return
        if holder != self._last:
            self._last = holder
            self._recorder.add(RouteSeen(self._clock.now(), "payments", self._site.scope, LOCK, holder))

    def _holder(self) -> str:
        """The member in the leader key; empty when the key is gone. ValueError when etcd has no quorum."""
        if self._connection is None:
            self._connection = self._site.etcd_connection(self._members[0])
        self._connection.request("POST", "/v3/kv/range", self._body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        fields = json.loads(answer.read())
        if answer.status != 200:
            raise ValueError(fields)
        rows = fields.get("kvs") or [{}]
        return base64.b64decode(rows[0].get("value", "")).decode()

    def close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class ProxyProber:
    """Asks one proxy which member its writable side leads to; records changes."""

    def __init__(self, site: Site, proxy: str, recorder: Recorder, clock: Clock) -> None:
        self._site, self._proxy, self._recorder, self._clock = site, proxy, recorder, clock
        self._last: str | None = None

    def ask(self) -> None:
        """One look at the proxy's own statistics."""
        up = self._site.proxy_up(self._proxy)
        leads = up[0] if up else ""
        if leads != self._last:
            self._last = leads
            seen = RouteSeen(self._clock.now(), "payments", self._site.scope, self._proxy, leads)
            self._recorder.add(seen)

    def close(self) -> None:
        """Nothing is kept open."""


def role_probers(site: Site, recorder: Recorder, clock: Clock, board: Board) -> list[Prober]:
    """A prober a member, for its role."""
    return [RoleProber(site, endpoint, recorder, clock, board) for endpoint in _members(site)]


def write_probers(site: Site, recorder: Recorder, clock: Clock, board: Board) -> list[Prober]:
    """A prober a member, for writes."""
    return [WriteProber(site, endpoint, recorder, clock, board) for endpoint in _members(site)]


def route_probers(site: Site, recorder: Recorder, clock: Clock) -> list[Prober]:
    """One for the leader lock, and one a proxy for where it leads."""
    proxies = [ProxyProber(site, endpoint.member, recorder, clock) for endpoint in site.proxies]
    return [LockProber(site, recorder, clock), *proxies]


def _members(site: Site) -> tuple[Endpoint, ...]:
    return site.ctx.of_kind("postgres", site.scope)
