"""The solver: values at the floors, sums that explain themselves, refusals with the best figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from app_core.errors import UsageError
from infra.timing import missed_promises, solve
from infra.timing.choose import mongodb
from infra.topology import Topology, list_topologies, load_topology, parse_topology

Raw = dict[str, Any]


def changed(change: Callable[[Raw], object], name: str = "sandbox") -> Topology:
    """A shipped topology with a change, the rules not run."""
    value = yaml.safe_load(load_topology(name).source)
    change(value)
    return Topology.model_validate(value)


def promise(domain: str, case: str, **figures: float | None) -> Callable[[Raw], object]:
    return lambda value: value.setdefault("sla", {}).setdefault(domain, {}).update({case: figures})


def test_values_are_the_floors() -> None:
    timing = solve(load_topology("sandbox"))
    patroni = timing.patroni
    assert (patroni.ttl, patroni.loop_wait, patroni.retry_timeout) == (20, 1, 5)
    assert patroni.loop_wait + 2 * patroni.retry_timeout <= patroni.ttl
    assert patroni.primary_start_timeout == 0
    assert (timing.mongodb.election_timeout_ms, timing.mongodb.heartbeat_interval_ms) == (1000, 200)
    assert timing.pgbouncer.query_wait_timeout_s > (timing.predicted["postgres-host-loss"].seconds or 0)


def test_a_health_check_has_time_for_its_handshake_on_a_starved_host() -> None:
    """HAProxy bounds connection and TLS handshake of a check by `inter`, whatever `timeout check` says."""
    haproxy = solve(load_topology("sandbox")).haproxy
    assert min(haproxy.inter_ms, haproxy.connect_ms) >= 1000
    assert haproxy.downinter_ms <= haproxy.fastinter_ms <= 200


def test_a_lax_promise_does_not_slow_anything_down() -> None:
    lax = changed(promise("payments", "member", rpo=0, rto=3600))
    assert solve(lax).patroni == solve(load_topology("sandbox")).patroni


@pytest.mark.parametrize(
    ("election_ms", "heartbeat_ms"), [(1000, 200), (5000, 1000), (10000, 2000), (30000, 2000)]
)
def test_heartbeats_follow_the_election_time_out(election_ms: int, heartbeat_ms: int) -> None:
    assert mongodb(election_ms).heartbeat_interval_ms == heartbeat_ms


# case, the worst figure that was measured, a figure that the prediction must stay below
MEASURED = [
    ("postgres-primary-crash", 1.51, 3),
    ("postgres-host-loss", 22.9, 25),
    ("postgres-host-loss-etcd-leader", 23.0, 30),
    ("postgres-host-silent-etcd-leader", 27.0, 30),
    ("postgres-sync-standby-loss", 1.0, 2),
    ("postgres-sync-standby-silent", 5.9, 10),
    ("postgres-switchover", 2.01, 2.5),
    ("etcd-quorum-loss", 0.06, 1),
    ("mongo-election", 2.1, 15),
    ("mongo-primary-crash", 1.6, 2),
    ("mongo-primary-freeze", 17.0, 20),
    ("mongo-stepdown", 1.0, 2),
    ("mongo-router-loss", 0.04, 1),
]


@pytest.mark.parametrize(("case", "measured", "limit"), MEASURED)
def test_predictions_cover_what_was_measured(case: str, measured: float, limit: float) -> None:
    predicted = solve(load_topology("sandbox")).predicted[case]
    assert predicted.seconds is not None
    assert measured <= predicted.seconds <= limit
    assert predicted.explanation.split(" s ")[0].replace(".", "").isdigit()


def test_the_etcd_leader_on_the_lost_host_costs_an_election_and_a_lease() -> None:
    predicted = solve(load_topology("sandbox")).predicted
    without, on_it = predicted["postgres-host-loss"], predicted["postgres-host-loss-etcd-leader"]
    assert (on_it.seconds or 0) > (without.seconds or 0) + 2
    assert "starts the lease anew" in on_it.explanation


def test_quorum_does_not_stall_when_a_standby_goes() -> None:
    assert solve(load_topology("quorum")).predicted["postgres-sync-standby-silent"].seconds == 0.1


def test_two_members_give_up_rpo_when_they_degrade() -> None:
    (given,) = solve(load_topology("sandbox")).given_up
    assert given.promise.startswith("RPO 0")
    assert "6.5 s after it went silent" in given.when
    assert "back and streams" in given.until


def test_two_members_give_up_rto_when_they_block() -> None:
    blocking = changed(lambda value: value["payments"]["sync"].update(on_loss="block"))
    timing = solve(blocking)
    assert timing.given_up[0].promise.startswith("RTO")
    assert timing.predicted["postgres-sync-standby-loss"].seconds is None


@pytest.mark.parametrize("name", ["quorum", "production", "minimal"])
def test_nothing_is_given_up(name: str) -> None:
    assert solve(load_topology(name)).given_up == ()


def one_pg(value: Raw) -> None:
    value["payments"]["members"].pop()
    value["payments"]["sync"]["count"] = 0


def etcd_with_pg(value: Raw) -> None:
    value["payments"]["etcd"] = value["payments"]["etcd"][:1]


def all_proxies_in_a(value: Raw) -> None:
    value["payments"]["proxies"].pop()
    value["payments"]["members"][1]["host"] = "edge-b"


def no_dr(value: Raw) -> None:
    del value["payments"]["dr"]
    promise("payments", "region", rto=900)(value)


def single_shards(value: Raw) -> None:
    for shard in value["social"]["shards"]:
        del shard["members"][1:]


UNREACHABLE: list[tuple[Callable[[Raw], object], str, str]] = [
    (promise("payments", "member", rto=20), "sla.payments.member.rto", "the best is 28 s"),
    (promise("payments", "member", rto=20), "sla.payments.member.rto", "postgres-host-silent-etcd-leader"),
    (promise("payments", "zone", rto=5), "sla.payments.zone.rto", "the best is 28 s"),
    (promise("payments", "region", rpo=0), "sla.payments.region.rpo", "the best is 60 s"),
    (no_dr, "sla.payments.region.rto", "add payments.dr"),
    (one_pg, "sla.payments.member.rto", "every PostgreSQL member is lost with pg-a"),
    (one_pg, "sla.payments.member.rpo", "the best is 60 s"),
    (etcd_with_pg, "sla.payments.member.rto", "payments-etcd loses its majority with pg-a"),
    (all_proxies_in_a, "sla.payments.zone.rto", "every proxy is lost with a"),
    (promise("social", "member", rto=10), "sla.social.member.rto", "mongo-primary-freeze"),
    (promise("social", "member", rpo=0), "sla.social.member.rpo", "messages"),
    (promise("social", "zone", rto=10), "sla.social.zone.rto", "the best is 19.5 s"),
    (promise("social", "shard", rto=1), "sla.social.shard.rto", "the best is 5 s"),
    (lambda value: value["sla"]["social"].update(election=1), "sla.social.election", "the best is 3.45 s"),
    (single_shards, "sla.social.election", "no figure can be promised"),
    (lambda value: value["social"]["routers"].pop(), "sla.social.zone.rto", "every router is lost with a"),
]


@pytest.mark.parametrize(("change", "named", "words"), UNREACHABLE)
def test_unreachable_promises_are_refused(change: Callable[[Raw], object], named: str, words: str) -> None:
    topology = changed(change)
    found = [item.sentence for item in missed_promises(topology) if item.promise == named]
    assert found and words in found[0]
    with pytest.raises(UsageError, match="the SLA cannot be met") as caught:
        solve(topology)
    assert found[0] in str(caught.value)


def test_region_of_social_needs_backups_there() -> None:
    def change(value: Raw) -> None:
        value["social"]["dr"] = "none"
        promise("social", "region", rto=3600)(value)

    assert "set social.dr to cold" in missed_promises(changed(change))[0].sentence


@pytest.mark.parametrize("name", list_topologies())
def test_shipped_promises_can_be_kept(name: str) -> None:
    assert missed_promises(load_topology(name)) == ()


def test_the_loader_refuses_them_too() -> None:
    value = yaml.safe_load(load_topology("sandbox").source)
    promise("payments", "member", rto=20)(value)
    with pytest.raises(UsageError, match="sla.payments.member.rto"):
        parse_topology(yaml.safe_dump(value).encode(), "x.yaml")


def test_a_domain_alone_is_solved() -> None:
    payments = changed(lambda value: value.pop("social"))
    social = changed(lambda value: value.pop("payments"))
    assert not [case for case in solve(payments).predicted if case.startswith("mongo")]
    assert all(case.startswith("mongo") for case in solve(social).predicted)
