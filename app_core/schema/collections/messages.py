"""Chat messages of a meeting."""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="messages",
    segment="exchange",
    shard_key=("session_id",),
    fields=(
        Field("message_id", ("binData",)),
        Field("session_id", ("binData",)),
        Field("sender_id", ("binData",)),
        Field("text", ("string",)),
        Field("lang", ("string",), required=False),
        Field("created_at", ("date",)),
    ),
    indexes=(
        Index(
            (("session_id", 1), ("message_id", 1)), "a message is stored once, also when resent", unique=True
        ),
        Index((("session_id", 1), ("created_at", 1)), "the chat of a meeting in order"),
        Index((("sender_id", 1), ("created_at", 1)), "what a member wrote, for moderation and export"),
    ),
    # the documents' choice: a chat message may be lost in a failover, it must never wait
    write_concern=WriteConcern(1),
    read_concern="local",
    read_preference="primary",
)
