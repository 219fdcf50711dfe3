"""A production cluster with too few config servers or routers."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse fewer than 3 config servers, 2 routers or 2 proxies in class production."""
    if topology.class_ != "production":
        return []
    social, payments = topology.social, topology.payments
    counts: list[tuple[str, int, int]] = []
    if social:
        counts += [("config servers", len(social.config.members), 3), ("routers", len(social.routers), 2)]
    if payments:
        counts += [("proxies", len(payments.proxies), 2)]
    return [
        Violation(what, f"{have} in class production", f"have at least {least}, or use class ephemeral")
        for what, have, least in counts
        if have < least
    ]
