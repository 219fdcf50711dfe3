"""What was said in a conversation with an AI agent."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.index_kinds import ending, once
from app_core.schema.kinds import choice, key, moment, ref, text, whole
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="ai_messages",
    entity="AI_MESSAGE",
    says="what was said to and by an agent",
    segment="exchange",
    shard_key=("ai_session_id",),
    primary_key=("ai_msg_id",),
    fields=(
        key("ai_msg_id"),
        ref(
            "ai_session_id",
            "ai_sessions.ai_session_id",
            holds="a talk may go on for a year, and its last words are kept as long from then",
        ),
        choice("role", "USER", "ASSISTANT", "SYSTEM"),
        text("content", 32_000, shortest=0, personal="content"),
        whole("tokens", 0, 1_000_000),
        moment("created_at"),
    ),
    indexes=(
        once("ai_session_id", "ai_msg_id"),
        Index(
            (("ai_session_id", 1), ("created_at", 1)),
            "a conversation in order",
            query=query("ai_session_id", sort="created_at"),
        ),
        ending("created_at"),
    ),
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 365, "it ends with its conversation"),
    erasure=DELETED,
)
