"""Reviews that members write about a meeting."""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="reviews",
    segment="exchange",
    shard_key=("session_id",),
    fields=(
        Field("review_id", ("binData",)),
        Field("session_id", ("binData",)),
        Field("reviewer_id", ("binData",)),
        Field("reviewee_id", ("binData",)),
        Field("stars", ("int",)),
        Field("comment", ("string",), required=False),
        Field("created_at", ("date",)),
    ),
    indexes=(
        Index((("session_id", 1), ("reviewer_id", 1)), "one review a member and meeting", unique=True),
        Index((("reviewee_id", 1), ("created_at", -1)), "reviews about a member, newest first"),
        Index((("session_id", 1),), "the reviews of a meeting"),
    ),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)
