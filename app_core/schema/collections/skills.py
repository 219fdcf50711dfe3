"""Skills that members teach or want to learn."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.kinds import area, availability, choice, key, language, many, member, text
from app_core.schema.model import Collection, Departure, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="skills",
    entity="SKILL",
    says="what members teach or want to learn",
    segment="members",
    shard_key=("user_id",),
    primary_key=("skill_id",),
    fields=(
        key("skill_id"),
        member("user_id"),
        text("label", 120, personal="content"),
        choice("type", "TEACH", "LEARN"),
        choice("level", "BEGINNER", "INTERMEDIATE", "ADVANCED"),
        many("langs", language("lang"), 20),
        availability(),
        area(),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("skill_id", 1)),
            "the skills of a member; an id is used once",
            unique=True,
            query=query("user_id", sort="skill_id"),
        ),
        Index((("label", "text"),), "search by words", query=query("label~text")),
        Index((("type", 1), ("level", 1)), "matching: who teaches at a level", query=query("type", "level")),
        Index((("langs", 1),), "matching by language", query=query("langs")),
        Index((("home_area", "2dsphere"),), "matching by proximity", query=query("home_area~near")),
    ),
    # matching is the documents' example of asynchronous data: stale is fine, a lost edit is typed again
    write_concern=FAST,
    read_concern="local",
    read_preference="secondaryPreferred",
    retention=Kept("as long as the account"),
    erasure=DELETED,
    departures=(
        Departure("langs, availability.slots are lists", "matching filters by them in one index"),
        Departure(
            "home_area repeats the member's", "one query finds skills nearby, without a join over shards"
        ),
    ),
)
