"""Telephone numbers that members have proved to be theirs."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.fields import exactly
from app_core.schema.kinds import choice, key, member, moment, text
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="phone_verifs",
    entity="PHONE_VERIF",
    says="telephone numbers proved to be a member's",
    segment="members",
    shard_key=("phone",),
    primary_key=("phone_verif_id",),
    fields=(
        key("phone_verif_id"),
        member("user_id"),
        text("phone", 16, "E.164", shortest=8, personal="contact", pattern=exactly("[+][1-9][0-9]{6,14}")),
        choice("status", "PENDING", "VERIFIED"),
        moment("created_at"),
    ),
    indexes=(
        Index((("phone", 1),), "a number belongs to one member", unique=True, query=query("phone")),
        Index((("user_id", 1),), "the numbers of a member", query=query("user_id")),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("as long as the account"),
    erasure=DELETED,
)
