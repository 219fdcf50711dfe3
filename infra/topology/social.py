"""The social domain: a sharded MongoDB cluster."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.topology.base import Flag, Member, Name, Part


class ReplicaSet(Part):
    """The config servers: a replica set without data of the application."""

    name: Name = "config"
    members: tuple[Member, ...] = Field(min_length=1)


class Shard(Part):
    """A replica set that holds a part of one segment's data."""

    name: Name
    members: tuple[Member, ...] = Field(min_length=1)
    arbiter: Member | None = None
    spare: Flag = False

    @property
    def voters(self) -> tuple[Member, ...]:
        """Data members and the arbiter: all of them vote."""
        return self.members if self.arbiter is None else (*self.members, self.arbiter)


class Social(Part):
    """Segments and their shards, config servers, routers, and what the DR region keeps (`cold` = backups)."""

    segments: dict[Name, tuple[Name, ...]]
    shards: tuple[Shard, ...] = Field(min_length=1)
    config: ReplicaSet
    routers: tuple[Member, ...] = Field(min_length=1)
    dr: Literal["none", "cold"] = "cold"

    def shard(self, name: str) -> Shard:
        """The shard of that name; KeyError when there is none."""
        return {shard.name: shard for shard in self.shards}[name]

    def segment_of(self, shard: str) -> str | None:
        """The segment that a shard serves; None for a spare."""
        return next((name for name, shards in self.segments.items() if shard in shards), None)
