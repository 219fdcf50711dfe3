"""The social domain: a sharded MongoDB cluster."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.topology.base import Flag, Member, Name, Part


class ReplicaSet(Part):
    """The config servers: a replica set without data of the application. hidden: a copy in the DR region."""

    name: Name = "config"
    members: tuple[Member, ...] = Field(min_length=1)
    hidden: Member | None = None


class Shard(Part):
    """A replica set with a part of one segment's data. hidden: a copy in the DR region, without a vote."""

    name: Name
    members: tuple[Member, ...] = Field(min_length=1)
    arbiter: Member | None = None
    hidden: Member | None = None
    spare: Flag = False

    @property
    def voters(self) -> tuple[Member, ...]:
        """Data members and the arbiter: all of them vote."""
        return self.members if self.arbiter is None else (*self.members, self.arbiter)


class Social(Part):
    """Segments and their shards, config servers, routers, and what the DR region keeps.

    dr: `cold` = backups, `warm` = also a hidden member of every set, which never becomes primary.
    """

    segments: dict[Name, tuple[Name, ...]]
    shards: tuple[Shard, ...] = Field(min_length=1)
    config: ReplicaSet
    routers: tuple[Member, ...] = Field(min_length=1)
    dr: Literal["none", "cold", "warm"] = "cold"

    def shard(self, name: str) -> Shard:
        """The shard of that name; KeyError when there is none."""
        return {shard.name: shard for shard in self.shards}[name]

    def segment_of(self, shard: str) -> str | None:
        """The segment that a shard serves; None for a spare."""
        return next((name for name, shards in self.segments.items() if shard in shards), None)
