"""The badges that there are: a few dozen, written by the team."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE, NOBODYS
from app_core.schema.fields import exactly
from app_core.schema.kinds import key, text
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="badges",
    entity="BADGE",
    says="the badges that there are",
    segment="members",
    # a few dozen documents: a shard key would only spread them
    shard_key=(),
    primary_key=("badge_id",),
    fields=(
        key("badge_id"),
        text("code", 64, pattern=exactly("[A-Z][A-Z0-9_]*")),
        text("name", 120),
        text("description", 2000, shortest=0),
        text("icon", 2048),
    ),
    indexes=(
        Index((("badge_id", 1),), "a badge by id; the id is used once", unique=True, query=query("badge_id")),
        Index((("code", 1),), "a badge by its code; a code is used once", unique=True, query=query("code")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("members bear them"),
    erasure=NOBODYS,
)
