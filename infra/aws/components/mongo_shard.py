"""A shard: a replica set of the social domain on its hosts."""

from __future__ import annotations

from infra.aws.components.group import Group, GroupArgs, MemberArgs

__all__ = ["GroupArgs", "MemberArgs", "MongoShard"]


class MongoShard(Group):
    """The members' names, and the alarm of their majority (the arbiter votes too)."""

    def _declare(self) -> None:
        self._majority_alarm(self._args.members)
