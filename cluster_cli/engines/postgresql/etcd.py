"""etcd through its HTTP gateway: health of the members, and single keys with compare-and-swap."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from app_core.errors import SwapskillError
from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql.http import TIMEOUT_S, Answer, request
from cluster_cli.waiting import wait_until
from infra.context import Context

HANDOVER_S = 5.0


@dataclass(frozen=True)
class EtcdView:
    """One etcd member as it sees itself. leads: it is the Raft leader; has_leader: it knows one.

    number: the identifier that etcd gave the member; 0 when it does not answer.
    """

    member: str
    leads: bool
    has_leader: bool
    term: int
    reachable: Health = Health.OK
    reason: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Key:
    """A key's value and the revision that last changed it (0: the key does not exist)."""

    value: str
    revision: int
    lease: int = 0


def parse_view(member: str, fields: Mapping[str, Any]) -> EtcdView:
    """A view from the JSON of `/v3/maintenance/status` (identifiers are decimal strings there)."""
    leader = int(fields.get("leader", 0))
    own = int((fields.get("header") or {}).get("member_id", -1))
    term = int(fields.get("raftTerm", 0))
    reason = None if leader else "has no leader: no quorum"
    health = Health.OK if leader else Health.FAILED
    return EtcdView(member, leader == own, leader != 0, term, health, reason, max(own, 0))


def read_view(ctx: Context, member: str, timeout: float = TIMEOUT_S) -> EtcdView:
    """One member's view; never raises for a member that does not answer."""
    try:
        answer = request(ctx, member, "client", "/v3/maintenance/status", "POST", {}, timeout)
    except TimeoutError:
        return EtcdView(member, False, False, 0, Health.FROZEN, f"does not answer within {timeout:g} s")
    except (OSError, http.client.HTTPException) as error:
        return EtcdView(member, False, False, 0, Health.DOWN, str(error) or type(error).__name__)
    if "header" not in answer.fields:
        return EtcdView(member, False, False, 0, Health.FAILED, f"answered {answer.status}")
    return parse_view(member, answer.fields)


def read_views(ctx: Context, group: str | None = None, timeout: float = TIMEOUT_S) -> dict[str, EtcdView]:
    """The views of all members (of one etcd cluster) at once."""
    names = [e.member for e in ctx.of_kind("etcd", group)]
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        return dict(zip(names, pool.map(lambda name: read_view(ctx, name, timeout), names), strict=True))


def leader(ctx: Context, group: str) -> str | None:
    """The Raft leader of an etcd cluster; None when there is none."""
    leading = [view for view in read_views(ctx, group).values() if view.leads]
    return max(leading, key=lambda view: view.term).member if leading else None


def lead(ctx: Context, group: str, member: str) -> None:
    """Make a member the Raft leader; nothing to do when it leads.

    Raises SwapskillError when there is no leader to hand over or the member does not become one in 5 s.
    """
    views = read_views(ctx, group)
    leading = leader(ctx, group)
    if leading == member:
        return
    if leading is None:
        raise SwapskillError("etcd has no leader", on=group, hint="swapctl status")
    body = {"targetID": str(views[member].number)}
    answer = request(ctx, leading, "client", "/v3/maintenance/transfer-leadership", "POST", body, TIMEOUT_S)
    if answer.status != 200 or not wait_until(lambda: leader(ctx, group) == member, HANDOVER_S):
        why = f"{answer.status} {str(answer.body).strip()}"
        raise SwapskillError("etcd does not hand over", on=member, why=why, hint="swapctl status")


def get(ctx: Context, group: str, key: str) -> Key:
    """A key's value. Raises SwapskillError when no member answers."""
    rows = _call(ctx, group, "/v3/kv/range", {"key": _b64(key)}).fields.get("kvs") or []
    if not rows:
        return Key("", 0)
    row = rows[0]
    return Key(
        base64.b64decode(row.get("value", "")).decode(), int(row["mod_revision"]), int(row.get("lease", 0))
    )


def delete_if_unchanged(ctx: Context, group: str, key: str, revision: int) -> bool:
    """Delete a key unless somebody changed it since `revision`; whether it was deleted."""
    body = {
        "compare": [{"key": _b64(key), "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}],
        "success": [{"request_delete_range": {"key": _b64(key)}}],
    }
    return bool(_call(ctx, group, "/v3/kv/txn", body).fields.get("succeeded"))


def _call(ctx: Context, group: str, path: str, body: Mapping[str, Any]) -> Answer:
    """The first useful answer of the cluster's members."""
    last = "it has no member"
    for endpoint in ctx.of_kind("etcd", group):
        try:
            answer = request(ctx, endpoint.member, "client", path, "POST", body, TIMEOUT_S)
        except (OSError, http.client.HTTPException) as error:
            last = f"{endpoint.member}: {error or type(error).__name__}"
            continue
        if answer.status == 200:
            return answer
        last = f"{endpoint.member}: {answer.body}"
    raise SwapskillError("etcd does not answer", on=group, why=last, hint="swapctl status")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
