"""What a member agreed to, when, and when the member took it back."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, flag, key, member, moment, text
from app_core.schema.model import Collection, Erasure, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="consents",
    entity="CONSENT",
    says="what a member agreed to; every change is a new document",
    segment="members",
    shard_key=("user_id",),
    primary_key=("consent_id",),
    fields=(
        key("consent_id"),
        member("user_id"),
        choice("purpose", "TERMS", "PRIVACY", "MARKETING", "LOCATION", "AI"),
        text("version", 32, "of the text that was shown"),
        flag("granted"),
        moment("decided_at"),
    ),
    indexes=(
        once("user_id", "consent_id"),
        Index(
            (("user_id", 1), ("purpose", 1), ("decided_at", -1)),
            "what is in force for a purpose",
            query=query("user_id", "purpose", sort="-decided_at"),
        ),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("it proves that data were processed lawfully"),
    erasure=Erasure("keep", "the proof of a consent outlives the account; it names nobody once that is gone"),
)
