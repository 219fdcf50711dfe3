"""Who may do what in the social domain: the users that the bootstrap creates. Plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PROBE_DATABASE = "probe"
"""Where drills write from each member's own port; nobody reads it for business."""

Role = tuple[str, str]
"""(role, database)."""


@dataclass(frozen=True)
class User:
    """A user with its roles and the name of the secret that is its password."""

    name: str
    secret: str
    roles: frozenset[Role]


def prober() -> User:
    """The drills' prober: on every shard's own set too, since users of the cluster cannot log in there."""
    roles = frozenset({("readWrite", PROBE_DATABASE), ("clusterMonitor", "admin")})
    return User("prober", "mongo_prober", roles)


def cluster_users(segments: Iterable[str]) -> tuple[User, ...]:
    """The users of the cluster; they live on the config servers."""
    return (
        User("root", "mongo_root", frozenset({("root", "admin")})),
        User("app", "mongo_app", frozenset(("readWrite", segment) for segment in segments)),
        prober(),
    )
