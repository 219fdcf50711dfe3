"""Chat messages of a meeting."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, FAST
from app_core.schema.index_kinds import ending
from app_core.schema.kinds import key, language, member, moment, ref, text, url
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="messages",
    entity="MESSAGE",
    says="the chat of a meeting",
    segment="exchange",
    shard_key=("session_id",),
    primary_key=("message_id",),
    fields=(
        key("message_id"),
        ref("session_id", "sessions.session_id", holds="a chat may go on for years after its meeting"),
        member("sender_id"),
        text("text", 4000, "empty when a file says it all", shortest=0, personal="content"),
        language("lang", required=False),
        url("audio_url"),
        url("file_url"),
        text("translated_text", 8000, shortest=0, personal="content", required=False),
        moment("created_at"),
    ),
    indexes=(
        Index(
            (("session_id", 1), ("message_id", 1)),
            "a message is stored once, also when resent",
            unique=True,
            query=query("session_id", "message_id"),
        ),
        Index(
            (("session_id", 1), ("created_at", 1)),
            "the chat of a meeting in order",
            query=query("session_id", sort="created_at"),
        ),
        Index(
            (("sender_id", 1), ("created_at", 1)),
            "what a member wrote, for moderation and export",
            query=query("sender_id", sort="created_at"),
        ),
        ending("created_at"),
    ),
    # the documents' choice: a chat message may be lost in a failover, it must never wait
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 365, "a chat serves its meeting; a year later nobody reads it"),
    erasure=ANONYMISED,
    departures=(Departure("translated_text is derived from text", "a translation costs money and seconds"),),
)
