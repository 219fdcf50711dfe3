"""Probers of the social domain: roles and terms, writes, and the way through the routers."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from pymongo.errors import PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern

from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.probes.base import Prober
from cluster_cli.drills.probes.board import Board
from cluster_cli.drills.records import Outcome, ProbeWrite, Role, RoleSeen, RouteSeen
from cluster_cli.drills.site import Mongo, Site
from cluster_cli.engines.mongodb.users import PROBE_DATABASE
from infra.endpoint import Endpoint

TIMEOUT = 0.5
"""Seconds after which a member that does not answer is recorded as down."""
WTIMEOUT_MS = 2000
COLLECTION = "writes"


class RoleProber:
    """Asks one member for its role and term."""

    def __init__(
        self, site: Site, endpoint: Endpoint, recorder: Recorder, clock: Clock, board: Board
    ) -> None:
        self._endpoint, self._recorder, self._clock, self._board = endpoint, recorder, clock, board
        self._client = site.mongo_member(endpoint.member, "prober", TIMEOUT)

    def ask(self) -> None:
        """One `hello`: the election id of a primary carries its term, a secondary's last write does."""
        asked = self._clock.now()
        role: Role = "down"
        term = 0
        try:
            hello = self._client.admin.command("hello")
            role = "primary" if hello.get("isWritablePrimary") else "secondary"
            term = term_of(hello)
        except PyMongoError:
            pass
        now = self._clock.now()
        group, member = self._endpoint.group, self._endpoint.member
        seen = RoleSeen(now, "social", group, member, role, term, asked)
        self._board.saw(seen)
        self._recorder.add(seen)

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


def term_of(hello: dict[str, Any]) -> int:
    """The election term in a `hello`: a primary's from its election id, a secondary's from its last write."""
    election = hello.get("electionId")
    if election is not None and hello.get("isWritablePrimary"):
        return int.from_bytes(election.binary[-4:], "big")
    last = hello.get("lastWrite", {}).get("opTime", {})
    return int(last.get("t", 0)) if isinstance(last, dict) else 0


class WriteProber:
    """Writes to one member's own port, with `w:1` or with the majority."""

    def __init__(
        self,
        site: Site,
        endpoint: Endpoint,
        recorder: Recorder,
        clock: Clock,
        board: Board,
        *,
        durable: bool,
    ) -> None:
        self._endpoint, self._recorder, self._clock, self._durable = endpoint, recorder, clock, durable
        self._board = board
        timeout = WTIMEOUT_MS / 1000 + TIMEOUT if durable else TIMEOUT
        self._client: Mongo = site.mongo_member(endpoint.member, "prober", timeout)
        self._concern: dict[str, Any] = {"w": "majority", "wtimeout": WTIMEOUT_MS} if durable else {"w": 1}

    def ask(self) -> None:
        """One write, if the member calls itself primary; else there is nothing that could acknowledge."""
        if not self._board.claims(self._endpoint.member):
            return
        invoked, value = self._clock.now(), uuid.uuid4()
        try:
            answer = self._client[PROBE_DATABASE].command(
                "insert",
                COLLECTION,
                documents=[{"_id": value, "member": self._endpoint.member}],
                writeConcern=self._concern,
                codec_options=self._client.codec_options,  # `command` ignores them unless told
            )
        except WTimeoutError:
            self._record(invoked, value, 0, "indeterminate")
            return
        except PyMongoError:
            return
        if answer.get("writeErrors"):  # refused, as by a new primary that does not know the shard's data yet
            return
        outcome: Outcome = "indeterminate" if answer.get("writeConcernError") else "acked"
        self._record(invoked, value, int(answer.get("opTime", {}).get("t", 0)), outcome)

    def _record(self, invoked: float, value: uuid.UUID, term: int, outcome: Outcome) -> None:
        self._recorder.add(
            ProbeWrite(
                domain="social",
                group=self._endpoint.group,
                member=self._endpoint.member,
                term=term,
                durable=self._durable,
                invoked=invoked,
                completed=self._clock.now(),
                outcome=outcome,
                value=str(value),
            )
        )

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


class RouterProber:
    """Asks for a document of one shard's primary through one router; records when that works."""

    def __init__(
        self,
        site: Site,
        router: str,
        segment: str,
        group: str,
        recorder: Recorder,
        clock: Clock,
        board: Board,
    ) -> None:
        self._router, self._group, self._board = router, group, board
        self._recorder, self._clock = recorder, clock
        self._client = site.router(router)
        self._segment = segment
        self._last: str | None = None

    def ask(self) -> None:
        """One read by key with read concern `local`."""
        collection = "messages" if self._segment == "exchange" else "users"
        key = "session_id" if self._segment == "exchange" else "user_id"
        try:
            self._client[self._segment].get_collection(
                collection, read_concern=ReadConcern("local")
            ).find_one({key: uuid.UUID(int=0)}, {"_id": 1})
            leads = self._board.primary(self._group)
        except PyMongoError:
            leads = ""
        if leads != self._last:
            self._last = leads
            seen = RouteSeen(self._clock.now(), "social", self._group, self._router, leads)
            self._recorder.add(seen)

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


def role_probers(
    site: Site, recorder: Recorder, clock: Clock, board: Board, *, groups: Collection[str]
) -> list[Prober]:
    """A prober a member of some shards, for its role."""
    return [RoleProber(site, endpoint, recorder, clock, board) for endpoint in _members(site, groups)]


def write_probers(
    site: Site, recorder: Recorder, clock: Clock, board: Board, *, groups: Collection[str]
) -> list[Prober]:
    """Two probers a member of some shards, for writes with and without the majority."""
    return [
        WriteProber(site, endpoint, recorder, clock, board, durable=durable)
        for endpoint in _members(site, groups)
        for durable in (False, True)
    ]


def _members(site: Site, groups: Collection[str]) -> list[Endpoint]:
    return [e for e in site.ctx.of_kind("mongod-shard") if e.group in groups]


def router_probers(
    site: Site, recorder: Recorder, clock: Clock, board: Board, *, group: str | None
) -> list[Prober]:
    """A prober a router for the shard under test; none when no shard is."""
    social = site.ctx.topology.social
    if group is None or social is None:
        return []
    segment = next((name for name, shards in social.segments.items() if group in shards), None)
    if segment is None:
        return []
    routers = site.ctx.of_kind("router")
    return [RouterProber(site, e.member, segment, group, recorder, clock, board) for e in routers]
