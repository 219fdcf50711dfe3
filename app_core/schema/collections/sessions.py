"""Meetings of two members: proposed, confirmed, done."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, DURABLE
from app_core.schema.kinds import choice, flag, key, member, moment, point, url
from app_core.schema.model import Collection, Compare, Forms, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="sessions",
    entity="SESSION",
    says="meetings of two members",
    segment="exchange",
    shard_key=("session_id",),
    primary_key=("session_id",),
    fields=(
        key("session_id"),
        member("user_a_id", "who proposed it"),
        member("user_b_id", "who was invited"),
        member("created_by"),
        moment("start_at"),
        moment("end_at"),
        choice("mode", "remote", "onsite"),
        point("place_point", "where they meet; there when onsite"),
        url("video_url", "where they call; there when remote"),
        choice("status", "PROPOSED", "CONFIRMED", "DONE", "CANCELLED", "NO_SHOW"),
        flag("translated_chat"),
    ),
    forms=Forms("mode", (("remote", "video_url"), ("onsite", "place_point"))),
    rules=(Compare("start_at", "<", "end_at"), Compare("user_a_id", "!=", "user_b_id")),
    indexes=(
        Index(
            (("session_id", 1),),
            "a meeting by id; the id is used once",
            unique=True,
            query=query("session_id"),
        ),
        Index(
            (("user_a_id", 1), ("user_b_id", 1), ("start_at", 1)),
            "meetings of a pair, or that one proposed",
            query=query("user_a_id", "user_b_id", sort="start_at"),
        ),
        Index(
            (("user_b_id", 1), ("start_at", 1)),
            "meetings that a member was invited to",
            query=query("user_b_id", "start_at>=", sort="start_at"),
        ),
        Index(
            (("status", 1), ("start_at", 1)),
            "reminders: what is confirmed and starts soon",
            query=query("start_at>=", status="CONFIRMED", sort="start_at"),
        ),
        Index((("place_point", "2dsphere"),), "meetings near a place", query=query("place_point~near")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention(
        "start_at",
        730,
        "the last complaint about a meeting comes within two years",
        only=("status", ("DONE", "CANCELLED", "NO_SHOW")),
    ),
    erasure=ANONYMISED,
)
