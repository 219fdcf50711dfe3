"""Logins: refresh tokens by their hash, in families, so that a stolen one ends them all."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.index_kinds import expiring
from app_core.schema.kinds import choice, digest, key, member, moment, text
from app_core.schema.model import Collection, Compare, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="refresh_tokens",
    entity="REFRESH_TOKEN",
    says="logins",
    segment="members",
    shard_key=("token_hash",),
    primary_key=("token_hash",),
    fields=(
        digest("token_hash"),
        member("user_id"),
        key("family_id", "all tokens that followed from one login"),
        choice("status", "ACTIVE", "USED", "REVOKED"),
        text("device", 200, "what the login called itself", personal="identifying", required=False),
        moment("created_at"),
        moment("expires_at"),
    ),
    rules=(Compare("created_at", "<", "expires_at"),),
    indexes=(
        Index(
            (("token_hash", 1),),
            "a token by its hash; it is used once",
            unique=True,
            query=query("token_hash"),
        ),
        Index((("user_id", 1), ("status", 1)), "a member's logins", query=query("user_id", "status")),
        Index((("family_id", 1),), "end a login with all that followed", query=query("family_id")),
        expiring("logins end"),
    ),
    # a revocation that vanishes lets a thief in again
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention("expires_at", 0, "a token that has ended proves nothing", how="ttl"),
    erasure=DELETED,
)
