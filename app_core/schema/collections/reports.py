"""Reports of members about members and what they wrote."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE, EVIDENCE
from app_core.schema.fields import Field, Reference
from app_core.schema.kinds import choice, key, member, moment, text
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

TARGETS = (
    ("USER", "users", "user_id"),
    ("MESSAGE", "messages", "message_id"),
    ("REVIEW", "reviews", "review_id"),
    ("GROUP", "groups", "group_id"),
    ("GROUP_POST", "group_posts", "post_id"),
    ("MEDIA", "media", "media_id"),
)
"""What can be reported or flagged: (target_type, collection, its primary key)."""

COLLECTION = Collection(
    name="reports",
    entity="REPORT",
    says="what members report",
    segment="exchange",
    shard_key=("report_id",),
    primary_key=("report_id",),
    fields=(
        key("report_id"),
        member("reporter_id"),
        member("reported_user_id"),
        choice("target_type", *(kind for kind, _, _ in TARGETS)),
        Field(
            "target_id",
            ("binData",),
            says="the id in the collection that target_type names",
            references=tuple(Reference(to, field, when=("target_type", kind)) for kind, to, field in TARGETS),
        ),
        text("reason", 2000, personal="sensitive"),
        choice("status", "OPEN", "IN_REVIEW", "CLOSED"),
        moment("created_at"),
        moment("updated_at"),
    ),
    indexes=(
        Index(
            (("report_id", 1),), "a report by id; the id is used once", unique=True, query=query("report_id")
        ),
        Index(
            (("status", 1), ("created_at", -1)),
            "what moderation has to look at",
            query=query("status", sort="-created_at"),
        ),
        Index((("reported_user_id", 1),), "the reports about a member", query=query("reported_user_id")),
        Index(
            (("status", 1), ("updated_at", 1)),
            "what has reached the end of its retention",
            query=query("updated_at<", status="CLOSED", sort="updated_at"),
        ),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention(
        "updated_at", 1095, "a decision may be contested for three years", only=("status", ("CLOSED",))
    ),
    erasure=EVIDENCE,
)
