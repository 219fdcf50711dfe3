"""Counters of a member: points, meetings, reviews."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.fields import Field, exactly
from app_core.schema.kinds import member, moment, whole
from app_core.schema.model import Collection, Departure, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="user_stats",
    entity="USER_STATS",
    says="counters of a member",
    segment="members",
    shard_key=("user_id",),
    primary_key=("user_id",),
    fields=(
        member("user_id"),
        Field(
            "counters",
            ("object",),
            says="name → count",
            names=exactly("[a-z][a-z0-9_]{0,63}"),
            entries=whole("count", 0, 2**53),
        ),
        moment("updated_at"),
    ),
    indexes=(Index((("user_id", 1),), "the counters of a member", unique=True, query=query("user_id")),),
    # counted again from the events when in doubt
    write_concern=FAST,
    read_concern="local",
    read_preference="secondaryPreferred",
    retention=Kept("as long as the account"),
    erasure=DELETED,
    departures=(
        Departure("counters is an object with free names", "a new counter is no change of the schema"),
        Departure("counters are derived", "a profile must not count events"),
    ),
)
