"""Who is in which group."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, key, member, moment, ref
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="group_memberships",
    entity="GROUP_MEMBERSHIP",
    says="who is in which group",
    segment="members",
    shard_key=("group_id",),
    primary_key=("membership_id",),
    fields=(
        key("membership_id"),
        ref("group_id", "groups.group_id"),
        member("user_id"),
        choice("role", "ADMIN", "COADMIN", "MEMBER"),
        moment("joined_at"),
    ),
    indexes=(
        Index(
            (("group_id", 1), ("user_id", 1)),
            "a member is in a group once",
            unique=True,
            query=query("group_id", "user_id"),
        ),
        once("group_id", "membership_id"),
        Index((("user_id", 1),), "the groups of a member", query=query("user_id")),
        Index((("joined_at", 1),), "who joined lately", query=query("joined_at>=", sort="joined_at")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the membership"),
    erasure=DELETED,
)
