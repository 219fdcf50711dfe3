"""Conversations of a member with an AI agent (mentor, teacher, student)."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.index_kinds import ending
from app_core.schema.kinds import choice, key, member, moment
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="ai_sessions",
    entity="AI_SESSION",
    says="a member's conversations with an agent",
    segment="exchange",
    shard_key=("ai_session_id",),
    primary_key=("ai_session_id",),
    fields=(
        key("ai_session_id"),
        member("user_id"),
        choice("scope", "MENTOR", "PROF", "STUDENT", "TRANSLATION", "MODERATION"),
        moment("created_at"),
    ),
    indexes=(
        Index(
            (("ai_session_id", 1),),
            "a conversation by id; the id is used once",
            unique=True,
            query=query("ai_session_id"),
        ),
        Index(
            (("user_id", 1), ("created_at", -1)),
            "a member's conversations, newest first",
            query=query("user_id", sort="-created_at"),
        ),
        ending("created_at"),
    ),
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 365, "a learning plan spans a year"),
    erasure=DELETED,
)
