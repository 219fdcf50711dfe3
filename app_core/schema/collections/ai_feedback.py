"""What members thought of a conversation with an AI agent."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.index_kinds import ending
from app_core.schema.kinds import key, moment, ref, text, whole
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="ai_feedback",
    entity="AI_FEEDBACK",
    says="what members thought of an agent",
    segment="exchange",
    shard_key=("ai_session_id",),
    primary_key=("feedback_id",),
    fields=(
        key("feedback_id"),
        ref(
            "ai_session_id",
            "ai_sessions.ai_session_id",
            holds="it is younger than its talk, and is kept as long from then",
        ),
        whole("rating", 1, 5),
        text("comment", 2000, shortest=0, personal="content", required=False),
        moment("created_at"),
    ),
    indexes=(
        Index(
            (("ai_session_id", 1), ("feedback_id", 1)),
            "the feedback on a conversation; an id is used once",
            unique=True,
            query=query("ai_session_id", sort="feedback_id"),
        ),
        ending("created_at"),
    ),
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 365, "it ends with its conversation"),
    erasure=DELETED,
)
