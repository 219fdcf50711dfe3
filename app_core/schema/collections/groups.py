"""Groups of members who learn together."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, DURABLE
from app_core.schema.kinds import choice, key, member, moment, text
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="groups",
    entity="GROUP",
    says="groups of members",
    segment="members",
    shard_key=("group_id",),
    primary_key=("group_id",),
    fields=(
        key("group_id"),
        member("admin_id"),
        text("title", 120, personal="content"),
        text("description", 4000, shortest=0, personal="content"),
        choice("visibility", "PUBLIC", "PRIVATE"),
        moment("created_at"),
    ),
    indexes=(
        Index((("group_id", 1),), "a group by id; the id is used once", unique=True, query=query("group_id")),
        Index((("admin_id", 1),), "the groups that a member runs", query=query("admin_id")),
        Index((("created_at", -1),), "the newest groups", query=query(sort="-created_at")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the group"),
    erasure=ANONYMISED,
)
