"""From the word that a user types to members: a name, a role as it is now, a host, a zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app_core.errors import UnhealthyError, UsageError, nearest
from cluster_cli.engines.model import PRIMARY_ROLES, MemberStatus
from infra.topology import Topology

SYNC_STATES = frozenset({"sync", "quorum"})


def resolve_target(topology: Topology, members: Sequence[MemberStatus], word: str) -> str:
    """The member that a word names: its own name, or `<payments|SHARD>-<primary|sync|secondary|dr>`.

    Raises UsageError (2) with the nearest name for an unknown word, UnhealthyError (3) when no member
    has the role now.
    """
    if word in _names(topology, members):
        return word
    words = role_words(topology)
    if word not in words:
        raise _unknown("member", word, (*_names(topology, members), *words))
    group, role = words[word]
    candidates = [m for m in members if m.group == group and m.serves and is_role(m, role)]
    if not candidates:
        raise UnhealthyError(f"no member is {role} of {group} now", on=word, hint="swapctl status")
    return min(candidates, key=_freshness(topology)).member


def resolve_place(topology: Topology, members: Sequence[MemberStatus], word: str) -> tuple[str, ...]:
    """The members that a member's name, a role, a host or a zone stands for, in topology order.

    Raises as `resolve_target` does.
    """
    nodes = topology.nodes()
    placed = tuple(node.name for node in nodes if word in (node.host, node.zone))
    if placed:
        return placed
    places = {host.name for host in topology.hosts} | {zone for r in topology.regions for zone in r.zones}
    if word in places:
        return ()
    try:
        return (resolve_target(topology, members, word),)
    except UsageError:
        known = (*_names(topology, members), *role_words(topology), *places)
        raise _unknown("member, host or zone", word, known) from None


def role_words(topology: Topology) -> dict[str, tuple[str, str]]:
    """Every role word of a topology -> (group, role): `members-1-primary`, `payments-dr`, …"""
    words: dict[str, tuple[str, str]] = {}
    if topology.social:
        for group in (*(shard.name for shard in topology.social.shards), topology.social.config.name):
            words |= {f"{group}-{role}": (group, role) for role in ("primary", "secondary")}
    if topology.payments:
        name = topology.payments.name
        words |= {f"payments-{role}": (name, role) for role in ("primary", "sync", "secondary")}
        if topology.payments.dr:
            words["payments-dr"] = (topology.payments.dr.name, "dr")
    return words


def is_role(member: MemberStatus, role: str) -> bool:
    """Whether a member has a role now; every member of the standby cluster is `dr`."""
    first = member.role in PRIMARY_ROLES
    picks: dict[str, bool] = {
        "primary": first,
        "sync": not first and (member.role == "sync" or member.sync_state in SYNC_STATES),
        "secondary": not first and member.role != "arbiter",
        "dr": True,
    }
    return picks[role]


def _freshness(topology: Topology) -> Callable[[MemberStatus], tuple[bool, float, int]]:
    """Sorts a leader first, then by lag, then by the topology's order: the same word, the same member."""
    order = {node.name: index for index, node in enumerate(topology.nodes())}
    return lambda m: (m.role not in PRIMARY_ROLES, m.lag_seconds or 0.0, order[m.member])


def _names(topology: Topology, members: Sequence[MemberStatus]) -> list[str]:
    """The topology's members and those that the platform adds, such as a sandbox's object store."""
    return list({node.name: None for node in topology.nodes()} | {m.member: None for m in members})


def _unknown(what: str, word: str, names: Iterable[str]) -> UsageError:
    return UsageError(f"unknown {what}", on=word, why=nearest(word, names), hint="swapctl status")
