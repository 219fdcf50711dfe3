"""Links that prove that an e-mail address is the member's. The link's token is stored as its hash."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.index_kinds import expiring
from app_core.schema.kinds import choice, digest, email, member, moment
from app_core.schema.model import Collection, Compare, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="email_verifications",
    entity="EMAIL_VERIFICATION",
    says="links that prove an e-mail address, or reset a password",
    segment="members",
    shard_key=("token_hash",),
    primary_key=("token_hash",),
    fields=(
        digest("token_hash"),
        member("user_id"),
        email(),
        choice("purpose", "VERIFY", "RESET"),
        moment("created_at"),
        moment("expires_at"),
    ),
    rules=(Compare("created_at", "<", "expires_at"),),
    indexes=(
        Index(
            (("token_hash", 1),),
            "a link by its token; it is used once",
            unique=True,
            query=query("token_hash"),
        ),
        Index((("user_id", 1),), "the open links of a member, to withdraw them", query=query("user_id")),
        expiring("links end"),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention("expires_at", 0, "an old link must not work", how="ttl"),
    erasure=DELETED,
)
