"""Reports of members about members and what they wrote."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE, EVIDENCE
from app_core.schema.fields import Field, Outlives, Reference
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


def targets(late_days: float) -> tuple[Reference, ...]:
    """References to what can be reported, made at most so many days after it was written."""
    ended = Outlives("evidence is kept longer than what it is about", late_days=late_days)
    ways = {
        "messages": ended,
        "group_posts": ended,
        "media": Outlives("its owner may delete it", "deletion"),
    }
    return tuple(
        Reference(to, field, when=("target_type", kind), may_outlive=ways.get(to))
        for kind, to, field in TARGETS
    )


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
            references=targets(late_days=90),
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
