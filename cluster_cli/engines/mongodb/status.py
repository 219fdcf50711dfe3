"""Reads every member of the social domain at once; a dead or frozen one costs its own time-out only."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bson import Timestamp
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure, PyMongoError

from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.engines.mongodb import facts
from cluster_cli.engines.mongodb.clients import MEMBER_KINDS, anonymous_client, member_client, server_words
from cluster_cli.engines.mongodb.decisions import current_primary, has_followed, stale_primaries
from cluster_cli.engines.mongodb.facts import OpTime, View
from infra.context import Context
from infra.endpoint import Endpoint
from infra.topology.nodes import HIDDEN

MEMBER_TIMEOUT_S = 1.0
_SILENT = ("timed out", "found yet")
"""In the driver's words: it gave up on the member, or its patience ended before that."""
LAG_LIMIT_S = 10.0
_NOT_YET_INITIALIZED = 94
STAND_IN = "stand-in"


@dataclass(frozen=True)
class Answer:
    """What came back from one member: its view of the set, or why there is none."""

    endpoint: Endpoint
    view: View | None
    health: Health
    state: str
    reason: str | None = None


def read_status(ctx: Context) -> tuple[MemberStatus, ...]:
    """Every shard member, config server and router, in topology order; about 1 s when some are dead."""
    members = [e for e in ctx.endpoints.values() if e.kind in MEMBER_KINDS]
    routers = ctx.of_kind("router")
    if not members and not routers:
        return ()
    with ThreadPoolExecutor(len(members) + len(routers)) as pool:
        answers = list(pool.map(lambda e: _ask_member(ctx, e), members))
        router_rows = pool.map(lambda e: _ask_router(ctx, e), routers)
        rows = list(pool.map(lambda e: _with_bytes(ctx, e), _judge_all(answers)))
    return (*rows, *router_rows)


def read_views(ctx: Context, group: str) -> dict[str, View]:
    """The views of those members of one set that answer, by member. Hidden ones have no say in it."""
    kinds = set(MEMBER_KINDS).difference(HIDDEN)
    members = [e for e in ctx.endpoints.values() if e.kind in kinds and e.group == group]
    with ThreadPoolExecutor(len(members)) as pool:
        answers = pool.map(lambda e: _ask_member(ctx, e), members)
    return {a.endpoint.member: a.view for a in answers if a.view is not None}


def _ask_member(ctx: Context, endpoint: Endpoint) -> Answer:
    down = _knock(endpoint)
    if down is not None:
        return down
    try:
        with member_client(ctx, endpoint.member, timeout=MEMBER_TIMEOUT_S) as client:
            view = facts.parse_status(client.admin.command("replSetGetStatus"))
    except PyMongoError as error:
        return failed(endpoint, error)
    health, reason = facts.health_of(view.state)
    return Answer(endpoint, view, health, view.state, reason)


def _knock(endpoint: Endpoint) -> Answer | None:
    """Tells a port without a listener from one whose process does not answer."""
    try:
        socket.create_connection((endpoint.address, endpoint.ports["mongo"]), MEMBER_TIMEOUT_S).close()
    except OSError as error:
        return Answer(endpoint, None, Health.DOWN, "unreachable", error.strerror or str(error))
    return None


def failed(endpoint: Endpoint, error: PyMongoError) -> Answer:
    """What an error of the driver says of a member whose port takes connections; pure."""
    if isinstance(error, OperationFailure):
        if error.code == _NOT_YET_INITIALIZED:
            return Answer(endpoint, None, Health.RECOVERING, "uninitialized", "in no replica set yet")
        return Answer(endpoint, None, Health.FAILED, "refusing", server_words(error))
    if isinstance(error, NetworkTimeout) or any(words in str(error) for words in _SILENT):
        return Answer(endpoint, None, Health.FROZEN, "silent", f"no answer within {MEMBER_TIMEOUT_S:g} s")
    reason = "connection closed" if isinstance(error, AutoReconnect) else type(error).__name__
    return Answer(endpoint, None, Health.DOWN, "unreachable", reason)


@dataclass(frozen=True)
class _Judged:
    """A row, and what the lag in bytes needs: who is primary, and from which operation on it is behind."""

    row: MemberStatus
    primary: str | None
    since: OpTime | None


def _judge_all(answers: Iterable[Answer]) -> list[_Judged]:
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.endpoint.group, []).append(answer)
    return [judged for group in groups.values() for judged in judge_group(group)]


def judge_group(answers: Iterable[Answer]) -> list[_Judged]:
    """The rows of one set. Pure: who leads, who only thinks so, and who is how far behind."""
    known = list(answers)
    views = {a.endpoint.member: a.view for a in known if a.view is not None}
    leader = current_primary(views)
    stale = stale_primaries(views)
    leading = views[leader] if leader is not None else None
    return [_judge(answer, leader, leading, answer.endpoint.member in stale) for answer in known]


def _judge(answer: Answer, leader: str | None, leading: View | None, stale: bool) -> _Judged:
    endpoint, health, reason = answer.endpoint, answer.health, answer.reason
    role = facts.role_of(answer.state)
    if stale and leading is not None and answer.view is not None:
        health, role = Health.FAILED, "stale-primary"
        reason = f"still primary of term {answer.view.term}, the set is in term {leading.term}"
    behind_term = leading is not None and answer.view is not None and not has_followed(leading, answer.view)
    if role == "secondary" and leading is not None and behind_term:
        health, reason = Health.RECOVERING, f"has not followed into term {leading.term} yet"
    host = endpoint.at("mongo")
    lag = facts.lag_seconds(leading, host) if leading is not None and role != "arbiter" else None
    if health is Health.OK and lag is not None and lag > LAG_LIMIT_S:
        health, reason = Health.LAGGING, f"{lag:.0f} s behind, limit {LAG_LIMIT_S:g} s"
    row = MemberStatus(
        member=endpoint.member,
        domain="social",
        kind=endpoint.kind,
        group=endpoint.group,
        role=role,
        zone=endpoint.zone,
        host=endpoint.host,
        health=health,
        state=answer.state,
        lag_seconds=lag,
        term=answer.view.term if answer.view is not None else None,
        reason=reason,
    )
    peers = leading.peers if leading is not None else ()
    return _Judged(row, leader, next((p.optime for p in peers if p.host == host), None))


def _with_bytes(ctx: Context, judged: _Judged) -> MemberStatus:
    """Adds the lag in bytes: what the primary's oplog holds after the member's last operation."""
    row = judged.row
    if row.lag_seconds is None or judged.primary is None or judged.since is None:
        return row
    size = 0 if row.lag_seconds == 0 else _oplog_bytes_after(ctx, judged.primary, judged.since)
    return replace(row, lag_bytes=size)


def _oplog_bytes_after(ctx: Context, primary: str, since: OpTime) -> int | None:
    pipeline = [
        {"$match": {"ts": {"$gt": Timestamp(since[1], since[2])}}},
        {"$group": {"_id": None, "bytes": {"$sum": {"$bsonSize": "$$ROOT"}}}},
    ]
    try:
        with member_client(ctx, primary, timeout=MEMBER_TIMEOUT_S) as client:
            found = list(client.local["oplog.rs"].aggregate(pipeline, maxTimeMS=500))
    except PyMongoError:
        return None
    return int(found[0]["bytes"]) if found else 0


def _ask_router(ctx: Context, endpoint: Endpoint) -> MemberStatus:
    answer = _knock(endpoint)
    if answer is None:
        try:
            with anonymous_client(ctx, endpoint.member, MEMBER_TIMEOUT_S) as client:
                answer = _router_answer(endpoint, client.admin.command("hello"))
        except PyMongoError as error:
            answer = failed(endpoint, error)
    return MemberStatus(
        member=endpoint.member,
        domain="social",
        kind=endpoint.kind,
        group=endpoint.group,
        role="router",
        zone=endpoint.zone,
        host=endpoint.host,
        health=answer.health,
        state=answer.state,
        note=STAND_IN if "router" in ctx.stand_ins else None,
        reason=answer.reason,
    )


def _router_answer(endpoint: Endpoint, hello: Mapping[str, object]) -> Answer:
    if facts.is_router(hello):
        return Answer(endpoint, None, Health.OK, "serving")
    return Answer(endpoint, None, Health.FAILED, "not a router", "answers, but not as a router")
