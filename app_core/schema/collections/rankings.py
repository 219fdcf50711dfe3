"""Rankings of members by timeframe and role (the documents also call it LEADERBOARD)."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, key, member, moment, real
from app_core.schema.model import Collection, Departure, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="rankings",
    entity="RANKING",
    says="members by score, timeframe and role",
    segment="members",
    shard_key=("user_id",),
    primary_key=("ranking_id",),
    fields=(
        key("ranking_id"),
        member("user_id"),
        choice("timeframe", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "ALL_TIME"),
        choice("role", "TEACHER", "LEARNER"),
        real("score", 0, 1_000_000_000),
        moment("updated_at"),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("timeframe", 1), ("role", 1)),
            "a member is ranked once in each list",
            unique=True,
            query=query("user_id", "timeframe", "role"),
        ),
        once("user_id", "ranking_id"),
        Index(
            (("timeframe", 1), ("role", 1), ("score", -1)),
            "the best of a list",
            query=query("timeframe", "role", sort="-score"),
        ),
    ),
    # computed again from the events when in doubt
    write_concern=FAST,
    read_concern="local",
    read_preference="secondaryPreferred",
    retention=Kept("one document a member and list, overwritten"),
    erasure=DELETED,
    departures=(Departure("score is derived", "a list of the best must not add up events"),),
)
