"""Metadata of files; the files themselves are objects outside the database."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.fields import exactly
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, key, many, member, moment, real, text, url, whole
from app_core.schema.model import Collection, Departure, Index, Kept, Limit
from app_core.schema.queries import query

COLLECTION = Collection(
    name="media",
    entity="MEDIA",
    says="metadata of members' files",
    segment="members",
    shard_key=("user_id",),
    primary_key=("media_id",),
    fields=(
        key("media_id"),
        member("user_id"),
        choice("type", "INTRO_VIDEO", "IMAGE", "DOC", "AUDIO"),
        url("url", required=True),
        real("duration_sec", 0, 7200, required=False),
        text("mime", 127, pattern=exactly("[a-z]+/[a-z0-9.+-]+"), required=False),
        whole("size", 0, 5 * 2**30, "bytes", required=False),
        choice("scan_status", "PENDING", "CLEAN", "INFECTED", "FAILED", says="what the virus scanner said"),
        many("tags", text("tag", 40), 20),
        moment("created_at"),
    ),
    limits=(Limit(("type", "INTRO_VIDEO"), "duration_sec", 30),),
    indexes=(
        once("user_id", "media_id"),
        Index(
            (("user_id", 1), ("created_at", -1)),
            "a member's files, newest first",
            query=query("user_id", sort="-created_at"),
        ),
        Index(
            (("type", 1), ("created_at", -1)),
            "newest files of a kind, for moderation",
            query=query("type", sort="-created_at"),
        ),
    ),
    # a lost entry leaves an object in the store that nobody knows
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the account"),
    erasure=DELETED,
    departures=(Departure("tags is a list", "shown with the file, never alone"),),
)
