"""May a member, a host or a zone be stopped? Yes or no, with the reason of every group that it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cluster_cli.engines.model import PRIMARY_KINDS, PRIMARY_ROLES, Health, MemberStatus
from cluster_cli.plans.targets import is_role, resolve_place
from infra.topology import Node, Topology
from infra.topology.groups import dr_groups


@dataclass(frozen=True)
class Reason:
    """What the stop does to one group, and whether the group can take it."""

    group: str
    ok: bool
    why: str


@dataclass(frozen=True)
class Verdict:
    """The answer for a target: ok only when every group that loses a member says so."""

    target: str
    members: tuple[str, ...]
    ok: bool
    reasons: tuple[Reason, ...]

    def as_table(self) -> str:
        """One line a group, the ones that refuse first."""
        lines = sorted(self.reasons, key=lambda reason: reason.ok)
        return "\n".join(f"{'yes' if r.ok else 'no':3}  {r.group}: {r.why}" for r in lines)


@dataclass(frozen=True)
class _Group:
    """One group as the decision sees it: its nodes, who of them leaves, and every known status."""

    name: str
    nodes: tuple[Node, ...]
    leaving: frozenset[str]
    status: Mapping[str, MemberStatus]

    @property
    def staying(self) -> tuple[MemberStatus, ...]:
        """Members that do their work now and still will."""
        return tuple(
            self.status[node.name]
            for node in self.nodes
            if node.name not in self.leaving and node.name in self.status and self.status[node.name].serves
        )

    @property
    def leaders(self) -> frozenset[str]:
        """Who holds the first role now."""
        found = (self.status[node.name] for node in self.nodes if node.name in self.status)
        return frozenset(m.member for m in found if m.serves and m.role in PRIMARY_ROLES)

    @property
    def already_down(self) -> bool:
        """Whether every leaving member is down, so that stopping it changes nothing."""
        left = [self.status.get(node.name) for node in self.nodes if node.name in self.leaving]
        return all(m is not None and m.health is Health.DOWN for m in left)


def ok_to_stop(topology: Topology, members: Sequence[MemberStatus], target: str) -> Verdict:
    """Decide from what is seen now. A member without a status counts as not serving.

    Raises UsageError (2) for an unknown target, UnhealthyError (3) for a role that nobody has.
    """
    leaving = frozenset(resolve_place(topology, members, target))
    status = {member.member: member for member in members}
    nodes: dict[str, list[Node]] = {}
    for node in topology.nodes():
        nodes.setdefault(node.group, []).append(node)
    groups = [_Group(name, tuple(found), leaving, status) for name, found in nodes.items()]
    reasons = tuple(
        _judge(topology, group) for group in groups if any(node.name in leaving for node in group.nodes)
    )
    reasons += _beside(topology, members, leaving)
    reasons = reasons or (Reason(target, True, "no member runs there"),)
    return Verdict(target, _in_order(topology, leaving), all(reason.ok for reason in reasons), reasons)


def _beside(
    topology: Topology, members: Sequence[MemberStatus], leaving: frozenset[str]
) -> tuple[Reason, ...]:
    """What the platform adds to the topology, such as a sandbox's archive."""
    known = {node.name for node in topology.nodes()}
    why = "beside the topology: no client reads or writes through it"
    return tuple(Reason(m.group, True, why) for m in members if m.member in leaving - known)


def _in_order(topology: Topology, members: frozenset[str]) -> tuple[str, ...]:
    known = [node.name for node in topology.nodes() if node.name in members]
    return (*known, *sorted(members.difference(known)))


def _judge(topology: Topology, group: _Group) -> Reason:
    if group.already_down:
        return Reason(group.name, True, "already down: nothing changes")
    kind = group.nodes[0].kind
    if group.name in dr_groups(topology):
        return _judge_dr(topology, group)
    if kind in PRIMARY_KINDS and not group.leaders:
        return Reason(group.name, False, "it has no primary now: heal it first")
    if kind == "postgres":
        return _judge_postgres(topology, group)
    if kind in ("router", "proxy"):
        return _judge_doors(group)
    return _judge_majority(group)


def _judge_majority(group: _Group) -> Reason:
    """Replica sets and etcd: a majority of all voters, in service, must stay."""
    total, staying = len(group.nodes), len(group.staying)
    needed = total // 2 + 1
    if staying < needed:
        return Reason(group.name, False, f"{staying} of {total} voters would serve, {needed} are needed")
    heirs = [m for m in group.staying if m.health is Health.OK and m.role != "arbiter"]
    if group.leaders <= group.leaving and not heirs:
        return Reason(group.name, False, "no secondary is close enough to the primary to take over")
    return Reason(group.name, True, f"{staying} of {total} voters stay")


def _judge_postgres(topology: Topology, group: _Group) -> Reason:
    assert topology.payments is not None
    wanted = topology.payments.sync.count
    if group.leaders <= group.leaving:
        heirs = [m for m in group.staying if wanted == 0 or is_role(m, "sync")]
        if not heirs:
            heir = (
                "synchronous standby would be left to take over without loss"
                if wanted
                else "member would be left"
            )
            return Reason(group.name, False, f"no {heir}")
    standbys = len(group.staying) - 1
    if standbys < wanted:
        effect = "stop" if topology.payments.sync.on_loss == "block" else "be asynchronous"
        why = f"{_count(max(standbys, 0))} would be left, sync.count is {wanted}: commits would {effect}"
        return Reason(group.name, False, why)
    return Reason(group.name, True, f"{_count(standbys)} would stay, sync.count is {wanted}")


def _count(standbys: int) -> str:
    return "1 standby" if standbys == 1 else f"{standbys} standbys"


def _judge_doors(group: _Group) -> Reason:
    names = ", ".join(m.member for m in group.staying)
    return Reason(group.name, bool(names), f"{names} stays" if names else "none would be left to connect to")


def _judge_dr(topology: Topology, group: _Group) -> Reason:
    staying, needed = len(group.staying), len(group.nodes) // 2 + 1 if group.nodes[0].kind == "etcd" else 1
    if staying >= needed:
        return Reason(group.name, True, f"{staying} of {len(group.nodes)} members stay")
    promised = topology.sla.payments.region is not None
    promise = "the SLA promises it" if promised else "there is no promise for it"
    return Reason(group.name, not promised, f"the DR region could not take over meanwhile, {promise}")
