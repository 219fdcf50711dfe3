"""What was sent to whom, by push or e-mail."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, key, member, moment
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

DAYS = 90

COLLECTION = Collection(
    name="notification_logs",
    entity="NOTIFICATION_LOG",
    says="what was sent to whom",
    segment="exchange",
    shard_key=("user_id",),
    primary_key=("notification_id",),
    fields=(
        key("notification_id"),
        member("user_id"),
        choice("channel", "push", "email"),
        choice(
            "type",
            "SESSION_PROPOSED",
            "SESSION_CONFIRMED",
            "SESSION_REMINDER",
            "SESSION_CANCELLED",
            "MESSAGE",
            "REVIEW",
            "EMAIL_VERIFICATION",
            "MODERATION",
            "DUNNING",
            says="the occasion",
        ),
        choice("status", "SENT", "RETRY", "FAILED"),
        moment("sent_at"),
    ),
    indexes=(
        once("user_id", "notification_id"),
        Index(
            (("user_id", 1), ("sent_at", -1)),
            "what a member was sent, newest first",
            query=query("user_id", sort="-sent_at"),
        ),
        Index(
            (("sent_at", 1),),
            "entries end",
            ttl_seconds=DAYS * 86_400,
            query=query("sent_at<", sort="sent_at"),
        ),
    ),
    # a trace, not a promise: a lost line harms nobody
    write_concern=FAST,
    read_concern="local",
    read_preference="secondaryPreferred",
    retention=Retention("sent_at", DAYS, "complaints about a message come within weeks", how="ttl"),
    erasure=DELETED,
)
