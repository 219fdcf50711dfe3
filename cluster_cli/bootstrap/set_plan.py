"""What a replica set's configuration shall be, and the next step towards it. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.endpoint import Endpoint
from infra.timing import Mongodb
from infra.topology import Topology
from infra.topology.base import Member
from infra.topology.social import ReplicaSet, Shard

Document = dict[str, Any]
SetKind = Literal["shard", "config"]


@dataclass(frozen=True)
class SetSpec:
    """A replica set as the topology wants it.

    seats: (member, host:port), voters in order, then the hidden copy. hidden: members of a DR region, which
    hold data, never vote and never become primary.
    """

    name: str
    kind: SetKind
    seats: tuple[tuple[str, str], ...]
    arbiters: frozenset[str]
    hidden: frozenset[str]
    settings: Mapping[str, Any]

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names."""
        return tuple(member for member, _ in self.seats)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The members' addresses."""
        return tuple(host for _, host in self.seats)

    @property
    def data_hosts(self) -> tuple[str, ...]:
        """The addresses of the members that serve data: a shard is added to the cluster by them."""
        return tuple(host for member, host in self.seats if member not in self.arbiters | self.hidden)


def set_specs(topology: Topology, timing: Mongodb, endpoints: Mapping[str, Endpoint]) -> tuple[SetSpec, ...]:
    """Every replica set of a topology, the config servers first."""
    assert topology.social is not None
    social, settings = topology.social, set_settings(timing)

    def seats(names: list[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, endpoints[name].at("mongo")) for name in names)

    config = SetSpec(
        name=social.config.name,
        kind="config",
        seats=seats([m.name for m in (*social.config.members, *_copies(social.config))]),
        arbiters=frozenset(),
        hidden=frozenset(m.name for m in _copies(social.config)),
        settings=settings,
    )
    shards = [
        SetSpec(
            name=shard.name,
            kind="shard",
            seats=seats([m.name for m in (*shard.voters, *_copies(shard))]),
            arbiters=frozenset([shard.arbiter.name] if shard.arbiter else []),
            hidden=frozenset(m.name for m in _copies(shard)),
            settings=settings,
        )
        for shard in social.shards
    ]
    return (config, *shards)


def _copies(group: Shard | ReplicaSet) -> tuple[Member, ...]:
    """The set's hidden member in the DR region, where there is one (`social.dr: warm`)."""
    return (group.hidden,) if group.hidden else ()


def set_settings(timing: Mongodb) -> Document:
    """A set's `settings`: how fast a dead primary is noticed, and how long a new one catches up."""
    return {
        "electionTimeoutMillis": timing.election_timeout_ms,
        "heartbeatIntervalMillis": timing.heartbeat_interval_ms,
        "heartbeatTimeoutSecs": timing.heartbeat_timeout_s,
        "catchUpTimeoutMillis": timing.catch_up_timeout_ms,
        # Sets are small: a secondary that copies from the primary alone does not stand still when another
        # secondary freezes, and a majority is there as soon as one of them answers.
        "chainingAllowed": False,
    }


def initial_config(spec: SetSpec) -> Document:
    """The document for replSetInitiate."""
    document: Document = {
        "_id": spec.name,
        "members": [_seat(spec, number) for number in range(len(spec.seats))],
        "settings": dict(spec.settings),
    }
    # equal priorities: a preferred member would take the role back after a failover = a second one
    return {**document, "configsvr": True} if spec.kind == "config" else document


def _seat(spec: SetSpec, number: int) -> Document:
    member, host = spec.seats[number]
    seat: Document = {"_id": number, "host": host}
    if member in spec.hidden:
        # no vote: a majority of the primary region must not wait for another region, nor be outvoted by it
        return {**seat, "hidden": True, "priority": 0, "votes": 0}
    return {**seat, "arbiterOnly": True} if member in spec.arbiters else seat


def next_config(current: Mapping[str, Any], spec: SetSpec) -> Document | None:
    """The next configuration on the way from `current` to the wanted one; None when nothing is missing.

    Settings first, then one member at a time: the server accepts no other safe change. Members that the
    topology does not know are left alone: taking one out is an operator's decision.
    """
    following = copy.deepcopy(dict(current))
    following["version"] = int(current["version"]) + 1
    if any(current["settings"].get(name) != value for name, value in spec.settings.items()):
        following["settings"] = {**current["settings"], **spec.settings}
        return following
    present = {member["host"] for member in current["members"]}
    missing = [number for number, host in enumerate(spec.hosts) if host not in present]
    if not missing:
        return None
    free_id = max(int(member["_id"]) for member in current["members"]) + 1
    following["members"] = [*current["members"], {**_seat(spec, missing[0]), "_id": free_id}]
    return following
