"""What members did, for points, badges and rankings."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.fields import Field, exactly
from app_core.schema.index_kinds import ending
from app_core.schema.kinds import choice, key, member, moment
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="activity_events",
    entity="ACTIVITY_EVENT",
    says="what members did, for points and rankings",
    segment="exchange",
    shard_key=("user_id",),
    primary_key=("event_id",),
    fields=(
        key("event_id"),
        member("user_id"),
        choice(
            "type",
            "SESSION_DONE",
            "SESSION_NO_SHOW",
            "REVIEW_GIVEN",
            "REVIEW_RECEIVED",
            "SKILL_ADDED",
            "GROUP_JOINED",
            "TASK_DONE",
            "LOGIN",
        ),
        Field(
            "payload",
            ("object",),
            says="what the type needs: short texts and numbers",
            names=exactly("[a-z][a-z0-9_]{0,63}"),
            entries=Field("value", ("string", "int", "long", "double", "bool", "binData"), max_length=256),
        ),
        moment("occurred_at"),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("event_id", 1)),
            "an event counts once",
            unique=True,
            query=query("user_id", "event_id"),
        ),
        Index(
            (("user_id", 1), ("occurred_at", -1)),
            "what a member did lately",
            query=query("user_id", sort="-occurred_at"),
        ),
        ending("occurred_at"),
    ),
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("occurred_at", 400, "the yearly ranking adds up thirteen months"),
    erasure=DELETED,
    departures=(Departure("payload is an object with free names", "each type of event has its own"),),
)
