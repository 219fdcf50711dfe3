"""Members of SwapSkill: account and profile."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.kinds import (
    area,
    availability,
    choice,
    email,
    flag,
    key,
    language,
    many,
    moment,
    real,
    ref,
    text,
    url,
)
from app_core.schema.model import Collection, Departure, Index, Kept
from app_core.schema.queries import query

ROLES = ("LEARNER", "TEACHER", "MENTOR", "MODERATOR", "ADMIN")

COLLECTION = Collection(
    name="users",
    entity="USER",
    says="members: account and profile",
    segment="members",
    shard_key=("user_id",),
    primary_key=("user_id",),
    fields=(
        key("user_id", personal="pseudonym"),
        email(),
        text("name", 100, personal="identifying"),
        url("photo_url", personal="identifying"),
        language("preferred_lang"),
        many("roles", choice("role", *ROLES), 5, least=1),
        flag("id_verified"),
        real("reputation", 0, 5, "mean of the stars received"),
        real("reliability_score", 0, 1, "share of confirmed meetings that took place"),
        text("bio", 2000, shortest=0, personal="content", required=False),
        many("langs", language("lang"), 20, required=False),
        availability(),
        area(),
        ref("intro_video_id", "media.media_id", "a video of at most 30 s", required=False),
        text(
            "password_hash",
            256,
            "argon2id; lacks where only OAuth is used",
            personal="secret",
            required=False,
        ),
        moment("created_at"),
        moment("updated_at", required=False),
    ),
    indexes=(
        Index((("user_id", 1),), "a member by id; the id is used once", unique=True, query=query("user_id")),
        Index(
            (("email", 1),),
            "log in by e-mail (that it is used once: collection user_emails)",
            query=query("email"),
        ),
        Index((("roles", 1),), "members with a role, for moderation", query=query("roles")),
    ),
    unique_by_claim=(("email", "user_emails"),),
    # an account that vanishes after the answer "created" is worse than a slower sign-up
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the account"),
    erasure=DELETED,
    departures=(
        Departure(
            "roles, langs, availability.slots are lists", "read and written with the profile, never alone"
        ),
        Departure(
            "reputation, reliability_score are derived",
            "every search result shows them; reviews recompute them",
        ),
    ),
)
