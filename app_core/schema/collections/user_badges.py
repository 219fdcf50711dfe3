"""Which member was awarded which badge."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.index_kinds import once
from app_core.schema.kinds import key, member, moment, ref
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="user_badges",
    entity="USER_BADGE",
    says="who was awarded which badge",
    segment="members",
    shard_key=("user_id",),
    primary_key=("user_badge_id",),
    fields=(
        key("user_badge_id"),
        member("user_id"),
        ref("badge_id", "badges.badge_id"),
        moment("awarded_at"),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("badge_id", 1)),
            "a badge is awarded once to a member",
            unique=True,
            query=query("user_id", "badge_id"),
        ),
        once("user_id", "user_badge_id"),
        Index(
            (("user_id", 1), ("awarded_at", -1)),
            "a member's badges, newest first",
            query=query("user_id", sort="-awarded_at"),
        ),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the account"),
    erasure=DELETED,
)
