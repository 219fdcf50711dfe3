"""What hosts of each role may read and write: the rights behind their instance profiles."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.aws.components.profile import ProfileArgs
from infra.aws.components.secret_store import SecretStore
from infra.aws.components.storage import Storage
from infra.aws.ports import APP
from infra.aws.region import Ground
from infra.aws.secret_values import readable_by

BUCKETS = {
    "postgres": ("wal",),
    "mongod-shard": ("backups",),
    "mongod-config": ("backups",),
    APP: ("media",),
}
# Hidden members restore from the copies of the backups; what writes backups is in the primary region.
READ = {"mongod-hidden": ("backups",), "mongod-hidden-config": ("backups",)}


def rights(ground: Ground, roles: tuple[str, ...], secrets: SecretStore, storage: Storage) -> ProfileArgs:
    """The rights of a host with these roles in a region: its own secrets, its own buckets, their keys."""
    names = readable_by(roles)
    written, read = _purposes(BUCKETS, roles), _purposes(READ, roles)
    buckets = storage.copies if ground.region.dr else storage.buckets
    keys = [*sorted(written | read), *(["secrets"] if names else [])]
    return ProfileArgs(
        roles=roles,
        secrets={name: _local(ground, secrets.arns[name]) for name in names},
        buckets={purpose: buckets[purpose].bucket.arn for purpose in sorted(written)},
        read={purpose: buckets[purpose].bucket.arn for purpose in sorted(read - written)},
        keys={purpose: ground.keys.arns[purpose] for purpose in keys},
    )


def _purposes(table: Mapping[str, tuple[str, ...]], roles: tuple[str, ...]) -> set[str]:
    """The purposes of the buckets that a table gives to any of the roles."""
    return {purpose for role in roles for purpose in table.get(role, ())}


def _local(ground: Ground, arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """A secret's ARN in this region: that of a replica differs in the region alone."""
    region = ground.region.name
    return arn.apply(lambda text: ":".join([*text.split(":")[:3], region, *text.split(":")[4:]]))
