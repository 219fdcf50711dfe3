"""The forum of a group."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, FAST
from app_core.schema.fields import Outlives
from app_core.schema.index_kinds import ending, once
from app_core.schema.kinds import key, language, member, moment, ref, text, url
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="group_posts",
    entity="GROUP_POST",
    says="the forum of a group",
    segment="members",
    shard_key=("group_id",),
    primary_key=("post_id",),
    fields=(
        key("post_id"),
        ref("group_id", "groups.group_id"),
        member("author_id"),
        ref(
            "parent_post_id",
            "group_posts.post_id",
            "what it answers",
            required=False,
            may_outlive=Outlives("an answer is younger than its post", late_days=365),
        ),
        text("text", 8000, personal="content"),
        language("lang", required=False),
        url("attachment_url"),
        moment("created_at"),
    ),
    indexes=(
        once("group_id", "post_id"),
        Index(
            (("group_id", 1), ("created_at", -1)),
            "a group's forum, newest first",
            query=query("group_id", sort="-created_at"),
        ),
        Index(
            (("author_id", 1), ("created_at", 1)),
            "what a member wrote, for moderation and export",
            query=query("author_id", sort="created_at"),
        ),
        ending("created_at"),
    ),
    # a post is a message to many: the author sees when it is missing
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 1095, "a discussion is looked up for some years"),
    erasure=ANONYMISED,
)
