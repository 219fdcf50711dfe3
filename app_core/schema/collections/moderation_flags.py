"""What the automatic moderation found suspicious."""

from __future__ import annotations

from app_core.schema.collections.reports import TARGETS, targets
from app_core.schema.concerns import DURABLE, EVIDENCE
from app_core.schema.fields import Field
from app_core.schema.kinds import choice, key, many, moment, real
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

LABELS = ("HARASSMENT", "HATE", "SEXUAL", "VIOLENCE", "SELF_HARM", "SPAM", "FRAUD")

COLLECTION = Collection(
    name="moderation_flags",
    entity="MODERATION_FLAG",
    says="what the automatic moderation found",
    segment="exchange",
    shard_key=("flag_id",),
    primary_key=("flag_id",),
    fields=(
        key("flag_id"),
        choice("target_type", *(kind for kind, _, _ in TARGETS)),
        Field(
            "target_id",
            ("binData",),
            says="the id in the collection that target_type names",
            references=targets(late_days=1),
        ),
        real("score", 0, 1, personal="sensitive"),
        many("labels", choice("label", *LABELS), 7, least=1),
        choice("status", "OPEN", "UPHELD", "DISMISSED"),
        moment("created_at"),
    ),
    indexes=(
        Index((("flag_id", 1),), "a flag by id; the id is used once", unique=True, query=query("flag_id")),
        Index(
            (("status", 1), ("created_at", -1)),
            "what moderation has to look at",
            query=query("status", sort="-created_at"),
        ),
        Index((("target_id", 1),), "the flags on one thing", query=query("target_id")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention(
        "created_at",
        1095,
        "a decision may be contested for three years",
        only=("status", ("UPHELD", "DISMISSED")),
    ),
    erasure=EVIDENCE,
    departures=(Departure("labels is a list", "set once by the classifier, never changed alone"),),
)
