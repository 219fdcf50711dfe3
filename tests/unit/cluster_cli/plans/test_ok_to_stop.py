"""May it be stopped? Every group, healthy and in the middle of something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app_core.errors import UnhealthyError, UsageError
from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.plans.ok_to_stop import ok_to_stop
from cluster_cli.plans.targets import resolve_place, resolve_target, role_words
from infra.topology import Node, Topology, load_topology

FIRST = {"members-1-a", "exchange-1-a", "config-a", "pg1", "pgdr1", "etcd-a", "etcd-dr"}
FIRST |= {"router-a", "proxy-a"}  # no role follows from it
LEADERS = {"mongod-shard": "primary", "mongod-config": "primary", "postgres": "leader", "etcd": "leader"}
OTHERS = {
    "mongod-shard": "secondary",
    "mongod-config": "secondary",
    "postgres": "replica",
    "etcd": "follower",
}


def seen(name: str = "sandbox", /, **changes: Any) -> tuple[Topology, list[MemberStatus]]:
    """A healthy cluster with changes by member (dashes as underscores); None = nothing known of it."""
    topology = load_topology(name)
    found = [_member(node) for node in topology.nodes()]
    wanted = {key.replace("_", "-"): change for key, change in changes.items()}
    assert wanted.keys() <= {m.member for m in found}
    kept = [m for m in found if wanted.get(m.member, {}) is not None]
    return topology, [replace(m, **(wanted.get(m.member) or {})) for m in kept]


def _member(node: Node) -> MemberStatus:
    first = node.name in FIRST
    role = (LEADERS if first else OTHERS).get(node.kind, node.kind)
    role = "sync" if node.name.startswith("pgsync") else "standby-leader" if node.name == "pgdr1" else role
    return MemberStatus(
        member=node.name, domain="social", kind=node.kind, group=node.group, role=role, zone=node.zone,
        host=node.host, health=Health.OK, state="up", lag_seconds=0.0,
    )  # fmt: skip


def down(*names: str) -> dict[str, dict[str, object]]:
    return {name.replace("-", "_"): {"health": Health.DOWN} for name in names}


LAGGING = {"health": Health.LAGGING, "lag_seconds": 40.0}
RECOVERING = {"health": Health.RECOVERING}
FROZEN = {"health": Health.FROZEN}

# topology, what is seen, target, the answer, words of a reason that decides it
CASES = [
    ("sandbox", {}, "members-1-a", True, "2 of 3 voters stay"),
    ("sandbox", {}, "members-1-primary", True, "2 of 3 voters stay"),
    ("sandbox", {}, "mongo-a", True, "2 of 3 voters stay"),
    (
        "sandbox",
        down("members-1-c"),
        "members-1-a",
        False,
        "members-1: 1 of 3 voters would serve, 2 are needed",
    ),
    ("sandbox", down("members-1-c"), "members-1-c", True, "already down"),
    ("sandbox", {"members_1_c": RECOVERING}, "members-1-b", False, "1 of 3 voters would serve"),
    ("sandbox", {"members_1_c": RECOVERING}, "members-1-c", True, "2 of 3 voters stay"),
    ("sandbox", {"members_1_c": FROZEN}, "members-1-a", False, "1 of 3 voters would serve"),
    ("sandbox", {"members_1_c": None}, "members-1-a", False, "1 of 3 voters would serve"),
    ("sandbox", {"members_1_b": LAGGING, "members_1_c": LAGGING}, "members-1-a", False, "close enough"),
    ("sandbox", {"members_1_b": LAGGING, "members_1_c": LAGGING}, "members-1-b", True, "2 of 3 voters stay"),
    ("sandbox", {"members_1_a": {"role": "secondary"}}, "members-1-b", False, "no primary now"),
    ("sandbox", down("exchange-1-b"), "mongo-a", False, "exchange-1: 1 of 3"),
    ("sandbox", down("exchange-1-b"), "members-1-a", True, "members-1: 2 of 3"),
    ("sandbox", down("config-b"), "a", False, "config: 1 of 3"),
    ("sandbox", {}, "pg1", False, "0 standbys would be left, sync.count is 1: commits would be asynchronous"),
    ("sandbox", {}, "pgsync1", False, "commits would be asynchronous"),
    ("sandbox", {"pgsync1": {"role": "replica"}}, "pg1", False, "no synchronous standby would be left"),
    ("sandbox", down("pgsync1"), "pgsync1", True, "already down"),
    ("sandbox", down("pgsync1"), "pg1", False, "no synchronous standby"),
    ("sandbox", {"pg1": {"role": "replica"}}, "pgsync1", False, "no primary now"),
    ("quorum", {}, "pg1", True, "1 standby would stay"),
    ("quorum", {}, "pgsync1", True, "1 standby would stay"),
    ("quorum", down("pgsync2"), "pgsync1", False, "0 standbys would be left"),
    ("quorum", {"pgsync2": RECOVERING}, "pg1", False, "0 standbys would be left"),
    (
        "quorum",
        {"pgsync1": {"role": "replica"}, "pgsync2": {"role": "replica"}},
        "pg1",
        False,
        "without loss",
    ),
    (
        "quorum",
        {"pgsync1": {"role": "replica", "sync_state": "quorum"}},
        "pgsync2",
        True,
        "1 standby would stay",
    ),
    ("quorum", {}, "a", True, "payments-etcd: 2 of 3 voters stay"),
    ("quorum", {}, "etcd-a", True, "2 of 3 voters stay"),
    ("quorum", down("etcd-b"), "etcd-a", False, "payments-etcd: 1 of 3 voters"),
    ("quorum", {"etcd_a": {"role": "follower"}}, "etcd-b", False, "no primary now"),
    ("quorum", {}, "router-a", True, "router-b stays"),
    ("quorum", down("router-b"), "router-a", False, "none would be left"),
    ("quorum", down("proxy-a"), "edge-b", False, "proxies: none would be left"),
    ("quorum", {}, "pgdr1", True, "there is no promise for it"),
    ("quorum", {}, "dr-a", True, "payments-dr-etcd"),
    ("minimal", {}, "pg1", False, "no member would be left"),
    ("minimal", {}, "members-1-a", False, "0 of 1 voters"),
    ("minimal", {}, "box", False, "etcd: 0 of 1"),
]


@pytest.mark.parametrize(("name", "changes", "target", "ok", "words"), CASES)
def test_table(name: str, changes: dict[str, dict[str, object]], target: str, ok: bool, words: str) -> None:
    topology, members = seen(name, **changes)
    verdict = ok_to_stop(topology, members, target)
    deciding = [f"{r.group}: {r.why}" for r in verdict.reasons if r.ok == ok]
    assert verdict.ok == ok, verdict.reasons
    assert any(words in line for line in deciding), deciding
    assert verdict.as_table().startswith("yes" if ok else "no ")


def test_a_promised_region_keeps_the_standby_cluster() -> None:
    topology, members = seen()
    promised = topology.sla.payments.model_copy(update={"region": topology.sla.payments.member})
    strict = topology.model_copy(update={"sla": topology.sla.model_copy(update={"payments": promised})})
    assert not ok_to_stop(strict, members, "pgdr1").ok


def test_only_groups_that_lose_a_member_are_judged() -> None:
    topology, members = seen(**down("router-b"))
    assert [reason.group for reason in ok_to_stop(topology, members, "members-1-a").reasons] == ["members-1"]


def test_an_empty_host_and_a_part_beside_the_topology() -> None:
    topology, members = seen()
    moved = [host.model_copy(update={"name": "spare"}) for host in topology.hosts[:1]]
    wider = topology.model_copy(update={"hosts": (*topology.hosts, *moved)})
    assert ok_to_stop(wider, members, "spare").as_table() == "yes  spare: no member runs there"
    archive = replace(members[0], member="s3", kind="objectstore", group="objectstore")
    verdict = ok_to_stop(topology, [*members, archive], "s3")
    assert verdict.ok and verdict.members == ("s3",)
    assert "no client" in verdict.reasons[0].why


TARGETS = [
    ("members-1-primary", "members-1-a"),
    ("members-1-secondary", "members-1-b"),
    ("config-primary", "config-a"),
    ("payments-primary", "pg1"),
    ("payments-sync", "pgsync1"),
    ("payments-secondary", "pgsync1"),
    ("payments-dr", "pgdr1"),
    ("pg1", "pg1"),
]


@pytest.mark.parametrize(("word", "member"), TARGETS)
def test_targets(word: str, member: str) -> None:
    assert resolve_target(*seen(), word) == member


def test_the_freshest_secondary_is_meant() -> None:
    topology, members = seen(members_1_b={"lag_seconds": 3.0})
    assert resolve_target(topology, members, "members-1-secondary") == "members-1-c"


def test_unknown_words_name_the_nearest() -> None:
    topology, members = seen()
    for word, close in (("memberz-1-a", "members-1-a"), ("payments-primry", "payments-primary")):
        with pytest.raises(UsageError, match=close):
            resolve_target(topology, members, word)
    with pytest.raises(UsageError, match="unknown member, host or zone: mango-a: .*'mongo-a'"):
        resolve_place(topology, members, "mango-a")
    store = replace(members[0], member="s3", kind="objectstore", group="s3")  # a platform's own member
    with pytest.raises(UsageError, match=", s3"):
        resolve_place(topology, [*members, store], "0")
    with pytest.raises(UsageError):
        resolve_target(topology, members, "members-1-sync")  # no shard has a synchronous standby


def test_a_role_that_nobody_has() -> None:
    topology, members = seen(**down("pgsync1"))
    with pytest.raises(UnhealthyError, match="no member is sync of payments now"):
        resolve_target(topology, members, "payments-sync")


def test_places() -> None:
    topology, members = seen()
    assert resolve_place(topology, members, "pg-a") == ("etcd-a", "pg1")
    assert "pgsync1" in resolve_place(topology, members, "b")
    assert resolve_place(topology, members, "payments-primary") == ("pg1",)


def test_no_dr_word_without_a_dr_region() -> None:
    assert "payments-dr" not in role_words(load_topology("minimal"))
