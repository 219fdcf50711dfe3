"""Which probers a run has, and how often each asks."""

from __future__ import annotations

from cluster_cli.drills.probes import mongo as mongo_probes
from cluster_cli.drills.probes import postgres as postgres_probes
from cluster_cli.drills.probes.base import Prober, Probers
from cluster_cli.drills.run_state import Run
from cluster_cli.drills.site import Site

ROUTE_PERIOD = 0.1
WRITE_PERIOD = 0.1
"""Longer than between two questions for the role: a prober's write costs what a client's costs."""
ASIDE_PERIOD = 0.25
"""Seconds between two questions to members that the fault does not hit."""


def probers_of(current: Run, site: Site) -> list[Probers]:
    """Members of the groups under test are asked for their role 20 times a second, all others four times."""
    domains = {workload.domain for workload in current.workloads}
    shared = (current.recorder, current.clock, current.board)
    roles, writes, aside, routes = list[Prober](), list[Prober](), list[Prober](), list[Prober]()
    if "payments" in domains:
        tested = "payments" in current.affected
        (roles if tested else aside).extend(postgres_probes.role_probers(site, *shared))
        (writes if tested else aside).extend(postgres_probes.write_probers(site, *shared))
        routes += postgres_probes.route_probers(site, current.recorder, current.clock)
    if "social" in domains:
        under_test = {current.groups["social"]} if "social" in current.groups else set[str]()
        roles += mongo_probes.role_probers(site, *shared, groups=under_test)
        writes += mongo_probes.write_probers(site, *shared, groups=under_test)
        others = site.shards - under_test
        aside += mongo_probes.role_probers(site, *shared, groups=others)
        aside += mongo_probes.write_probers(site, *shared, groups=others)
        routes += mongo_probes.router_probers(site, *shared, group=current.groups.get("social"))
    return [
        Probers(roles),
        Probers(writes, WRITE_PERIOD),
        Probers(aside, ASIDE_PERIOD),
        Probers(routes, ROUTE_PERIOD),
    ]
