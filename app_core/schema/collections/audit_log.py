"""What people with rights over others did: who, what, to whom, when. Never changed."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE, EVIDENCE
from app_core.schema.fields import Field, exactly
from app_core.schema.kinds import choice, key, member, moment, text
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="audit_log",
    entity="AUDIT_LOG",
    says="what moderators and administrators did",
    segment="exchange",
    shard_key=("audit_id",),
    primary_key=("audit_id",),
    fields=(
        key("audit_id"),
        member("actor_id"),
        text("action", 64, pattern=exactly("[a-z]+([.][a-z_]+)+")),
        choice(
            "target_type",
            "USER",
            "MESSAGE",
            "REVIEW",
            "GROUP",
            "GROUP_POST",
            "MEDIA",
            "REPORT",
            "BAN",
            "BADGE",
        ),
        Field("target_id", ("binData",), says="may be gone: the log outlives what it tells of"),
        Field(
            "details",
            ("object",),
            required=False,
            personal="sensitive",
            names=exactly("[a-z][a-z0-9_]{0,63}"),
            entries=Field("value", ("string", "int", "long", "double", "bool", "binData"), max_length=1024),
        ),
        moment("at"),
    ),
    indexes=(
        Index(
            (("audit_id", 1),), "an entry by id; the id is used once", unique=True, query=query("audit_id")
        ),
        Index((("actor_id", 1), ("at", -1)), "what somebody did", query=query("actor_id", sort="-at")),
        Index(
            (("target_id", 1), ("at", -1)), "what was done to something", query=query("target_id", sort="-at")
        ),
        Index((("at", 1),), "what has reached the end of its retention", query=query("at<", sort="at")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention("at", 1825, "five years, the longest limitation of what it may prove"),
    erasure=EVIDENCE,
    departures=(Departure("details is an object with free names", "each action has its own"),),
)
