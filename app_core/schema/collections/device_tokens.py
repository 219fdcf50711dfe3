"""Devices that get push messages."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.kinds import choice, member, moment, text
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="device_tokens",
    entity="DEVICE_TOKEN",
    says="devices that get push messages",
    segment="members",
    shard_key=("token",),
    primary_key=("token",),
    fields=(
        text("token", 512, "what the push provider calls the device", personal="contact"),
        member("user_id"),
        choice("platform", "ios", "android", "web"),
        moment("seen_at"),
    ),
    indexes=(
        Index((("token", 1),), "a device belongs to one member", unique=True, query=query("token")),
        Index((("user_id", 1),), "the devices of a member", query=query("user_id")),
        Index(
            (("seen_at", 1),),
            "devices end",
            ttl_seconds=180 * 86_400,
            query=query("seen_at<", sort="seen_at"),
        ),
    ),
    # the device registers again at its next start
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("seen_at", 180, "a device that was silent for half a year is gone", how="ttl"),
    erasure=DELETED,
)
