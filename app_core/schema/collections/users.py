"""Members of SwapSkill: account and profile."""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="users",
    segment="members",
    shard_key=("user_id",),
    fields=(
        Field("user_id", ("binData",)),
        Field("email", ("string",)),
        Field("name", ("string",)),
        Field("roles", ("array",)),
        Field("created_at", ("date",)),
    ),
    indexes=(
        Index((("user_id", 1),), "a member by id; the id is used once", unique=True),
        Index((("email", 1),), "log in by e-mail (that it is used once: collection user_emails)"),
        Index((("roles", 1),), "members with a role, for moderation"),
    ),
    # an account that vanishes after the answer "created" is worse than a slower sign-up
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primaryPreferred",
)
