"""Who may become primary, and why not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cluster_cli.engines.model import MemberStatus
from cluster_cli.engines.mongodb.facts import View

SWITCHOVER_LAG_LIMIT_S = 5.0


def current_primary(views: Mapping[str, View]) -> str | None:
    """The member that says it is primary in the highest term; None when nobody does."""
    claims = [(view.term, member) for member, view in views.items() if view.state == "PRIMARY"]
    return max(claims)[1] if claims else None


def stale_primaries(views: Mapping[str, View]) -> tuple[str, ...]:
    """Members that still call themselves primary in a term that is over."""
    best = current_primary(views)
    return tuple(member for member, view in views.items() if view.state == "PRIMARY" and member != best)


def has_followed(leader: View, member: View) -> bool:
    """Whether a member's data have reached the leader's term.

    One that comes back after a failover calls itself SECONDARY before it has looked at its new source:
    only then may it find that it must roll back.
    """
    if leader.me.optime is None or member.me.optime is None:
        return False
    return member.me.optime[0] >= leader.me.optime[0]


def freshest_secondary(views: Mapping[str, View], exclude: Iterable[str] = ()) -> str | None:
    """The secondary with the newest applied operation; None when no secondary answers."""
    left_out = set(exclude)
    ranked = [
        (view.me.optime, member)
        for member, view in views.items()
        if view.state == "SECONDARY" and view.me.optime is not None and member not in left_out
    ]
    return max(ranked)[1] if ranked else None


def majority(voters: int) -> int:
    """How many votes win an election of so many voters."""
    return voters // 2 + 1


def failover_refusal(views: Mapping[str, View], voters: int, target: str | None) -> str | None:
    """Why an unplanned failover cannot work; None when it can."""
    if len(views) < majority(voters):
        return f"{len(views)} of {voters} voters answer, an election needs {majority(voters)}"
    if target is None:
        return "no secondary answers"
    if target not in views:
        return f"{target} does not answer"
    state = views[target].state
    return None if state == "SECONDARY" else f"{target} is in state {state}"


def switchover_refusals(members: Sequence[MemberStatus], target: str | None) -> tuple[str, ...]:
    """Every reason against a planned change of the primary; empty when it is safe."""
    found = [m.problem for m in members if m.problem is not None]
    if not any(m.role == "primary" for m in members):
        found.append("there is no primary to take over from")
    found += [
        f"{m.member} is {m.lag_seconds:.1f} s behind, more than {SWITCHOVER_LAG_LIMIT_S:g} s"
        for m in members
        if m.lag_seconds is not None and m.lag_seconds > SWITCHOVER_LAG_LIMIT_S
    ]
    found += _target_refusals(members, target)
    return tuple(found)


def _target_refusals(members: Sequence[MemberStatus], target: str | None) -> list[str]:
    roles = {m.member: m.role for m in members}
    if target is None:
        return [] if "secondary" in roles.values() else ["there is no secondary to hand over to"]
    if target not in roles:
        return [f"{target} is no member of the set: {', '.join(roles)}"]
    return (
        [] if roles[target] in ("secondary", "primary") else [f"{target} is {roles[target]}, not a secondary"]
    )
