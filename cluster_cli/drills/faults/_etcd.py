"""What etcd members say of themselves and of each other."""

from __future__ import annotations

from dataclasses import dataclass

from app_core.errors import RefusedError
from cluster_cli.drills.site import Site
from infra.endpoint import Endpoint


@dataclass(frozen=True)
class EtcdView:
    """One member's answer to `maintenance/status`."""

    member: str
    id: str
    leader: str
    term: int


def members(site: Site) -> tuple[Endpoint, ...]:
    """The etcd members of the payments scope's own cluster, without the DR region's."""
    return tuple(e for e in site.ctx.of_kind("etcd") if e.group == f"{site.scope}-etcd")


def view(site: Site, member: str) -> EtcdView | None:
    """A member's view; None when it does not answer. `leader` is `0` when it knows none."""
    body = site.etcd(member, "/v3/maintenance/status", {})
    header = body.get("header")
    if not isinstance(header, dict):
        return None
    return EtcdView(
        member, str(header.get("member_id", "")), str(body.get("leader", "0")), int(body.get("raftTerm", 0))
    )


def leader(site: Site) -> EtcdView:
    """The leader's own view; RefusedError when there is none."""
    for endpoint in members(site):
        seen = view(site, endpoint.member)
        if seen is not None and seen.id == seen.leader:
            return seen
    raise RefusedError("etcd has no leader", on=site.scope, hint="swapctl status")
