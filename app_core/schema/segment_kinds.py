"""Collections that every segment has one of, so that a lost segment does not stop the other one."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.fields import Field, exactly
from app_core.schema.kinds import choice, digest, key, member, moment, text, whole
from app_core.schema.model import Collection, Departure, Erasure, Index, Retention
from app_core.schema.queries import query

PAYLOAD = Field("value", ("string", "int", "long", "double", "bool", "binData", "date"), max_length=4096)
NAMES = exactly("[a-z][a-z0-9_]{0,63}")


def outbox(segment: str) -> Collection:
    """Events of a segment, written in the transaction that they tell of, and published afterwards."""
    return Collection(
        name=f"{segment}_outbox",
        entity="OUTBOX",
        says="events to publish, written with the change that they tell of",
        segment=segment,
        shard_key=("aggregate_id",),
        primary_key=("event_id",),
        fields=(
            key("event_id"),
            # milliseconds and random ids give no order within one thing: nobody may rely on any
            key("aggregate_id", "what the event is about; its events may be published in any order"),
            text("type", 64, pattern=exactly("[a-z]+([.][a-z_]+)+")),
            Field("payload", ("object",), personal="content", names=NAMES, entries=PAYLOAD),
            choice("status", "NEW", "PUBLISHED"),
            moment("created_at"),
            moment("published_at", required=False),
        ),
        indexes=(
            Index(
                (("aggregate_id", 1), ("event_id", 1)),
                "an event is published under one id",
                unique=True,
                query=query("aggregate_id", "event_id"),
            ),
            Index(
                (("status", 1), ("created_at", 1)),
                "what is to be published, about oldest first",
                query=query(status="NEW", sort="created_at"),
            ),
        ),
        write_concern=DURABLE,
        read_concern="majority",
        read_preference="primary",
        retention=Retention(
            "created_at", 7, "a week, to publish again after a mishap", only=("status", ("PUBLISHED",))
        ),
        erasure=Erasure("keep", "members stand in free payloads; once published it ends within a week"),
        departures=(Departure("payload is an object with free names", "each type of event has its own"),),
    )


def idempotency_keys(segment: str) -> Collection:
    """Answers to requests that changed something, so that a resent request gets the same answer."""
    return Collection(
        name=f"{segment}_idempotency_keys",
        entity="IDEMPOTENCY_KEY",
        says="answers already given, so that a resent request is carried out once",
        segment=segment,
        shard_key=("user_id",),
        primary_key=("user_id", "idempotency_key"),
        fields=(
            member("user_id"),
            text("idempotency_key", 128, "chosen by the client"),
            digest("request_hash", "another request under the same key is refused"),
            choice("state", "STARTED", "DONE"),
            whole("status_code", 100, 599, required=False),
            text("answer", 65_536, shortest=0, personal="content", required=False),
            moment("created_at"),
        ),
        indexes=(
            Index(
                (("user_id", 1), ("idempotency_key", 1)),
                "a request is carried out once",
                unique=True,
                query=query("user_id", "idempotency_key"),
            ),
            Index(
                (("created_at", 1),),
                "answers end",
                ttl_seconds=86_400,
                query=query("created_at<", sort="created_at"),
            ),
        ),
        write_concern=DURABLE,
        read_concern="majority",
        read_preference="primary",
        retention=Retention("created_at", 1, "clients give up resending within a day", how="ttl"),
        erasure=DELETED,
    )
