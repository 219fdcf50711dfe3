"""Meetings of two members: proposed, confirmed, done."""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="sessions",
    segment="exchange",
    shard_key=("session_id",),
    fields=(
        Field("session_id", ("binData",)),
        Field("user_a_id", ("binData",)),
        Field("user_b_id", ("binData",)),
        Field("start_at", ("date",)),
        Field("end_at", ("date",)),
        Field("status", ("string",)),
        Field("mode", ("string",), required=False),
        Field("place_point", ("object",), required=False),
        Field("video_url", ("string",), required=False),
    ),
    indexes=(
        Index((("session_id", 1),), "a meeting by id; the id is used once", unique=True),
        Index(
            (("user_a_id", 1), ("user_b_id", 1), ("start_at", 1)), "meetings of a pair, or that one proposed"
        ),
        Index((("user_b_id", 1), ("start_at", 1)), "meetings that a member was invited to"),
        Index((("status", 1), ("start_at", 1)), "reminders: what is confirmed and starts soon"),
        Index((("place_point", "2dsphere"),), "meetings near a place"),
    ),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)
