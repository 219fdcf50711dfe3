"""Accounts elsewhere by which a member logs in (OAuth)."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.kinds import choice, key, member, moment, text
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="identity_links",
    entity="IDENTITY_LINK",
    says="accounts elsewhere by which a member logs in",
    segment="members",
    shard_key=("provider", "provider_id"),
    primary_key=("identity_link_id",),
    fields=(
        key("identity_link_id"),
        member("user_id"),
        choice("provider", "apple", "facebook", "google"),
        text("provider_id", 255, "the account's id there", personal="contact"),
        moment("created_at"),
    ),
    indexes=(
        Index(
            (("provider", 1), ("provider_id", 1)),
            "an account elsewhere belongs to one member",
            unique=True,
            query=query("provider", "provider_id"),
        ),
        Index((("user_id", 1),), "the links of a member", query=query("user_id")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("as long as the account"),
    erasure=DELETED,
)
