"""Skills that members teach or want to learn."""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="skills",
    segment="members",
    shard_key=("user_id",),
    fields=(
        Field("skill_id", ("binData",)),
        Field("user_id", ("binData",)),
        Field("label", ("string",)),
        Field("type", ("string",)),
        Field("level", ("string",)),
        Field("langs", ("array",)),
        Field("home_area", ("object",), required=False),
    ),
    indexes=(
        Index((("user_id", 1), ("skill_id", 1)), "the skills of a member; an id is used once", unique=True),
        Index((("label", "text"),), "search by words"),
        Index((("type", 1), ("level", 1)), "matching: who teaches at a level"),
        Index((("langs", 1),), "matching by language"),
        Index((("home_area", "2dsphere"),), "matching by proximity"),
    ),
    # matching is the documents' example of asynchronous data: stale is fine, a lost edit is typed again
    write_concern=WriteConcern(1),
    read_concern="local",
    read_preference="secondaryPreferred",
)
