"""Who does not want to hear from whom."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.index_kinds import once
from app_core.schema.kinds import key, member, moment
from app_core.schema.model import Collection, Compare, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="blocks",
    entity="BLOCK",
    says="who does not want to hear from whom",
    segment="members",
    shard_key=("blocker_id",),
    primary_key=("block_id",),
    fields=(key("block_id"), member("blocker_id"), member("blocked_id"), moment("created_at")),
    rules=(Compare("blocker_id", "!=", "blocked_id"),),
    indexes=(
        Index(
            (("blocker_id", 1), ("blocked_id", 1)),
            "a member blocks another once; the list of a member",
            unique=True,
            query=query("blocker_id", "blocked_id"),
        ),
        once("blocker_id", "block_id"),
        Index((("blocked_id", 1),), "who has blocked a member", query=query("blocked_id")),
    ),
    # a block that vanishes exposes somebody
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as both accounts"),
    erasure=DELETED,
)
