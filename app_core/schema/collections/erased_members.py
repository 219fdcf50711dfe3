"""Members who were erased. Without it an erased member and a lost account would look the same."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE
from app_core.schema.kinds import key, moment
from app_core.schema.model import Collection, Erasure, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="erased_members",
    entity="ERASED_MEMBER",
    says="the ids of members who were erased, written before the account is deleted",
    segment="members",
    shard_key=("user_id",),
    primary_key=("user_id",),
    fields=(
        key("user_id", "of an account that is gone: it names nobody", "pseudonym"),
        moment("erased_at"),
    ),
    indexes=(
        Index(
            (("user_id", 1),), "whether a member was erased; once each", unique=True, query=query("user_id")
        ),
    ),
    tells_erased="users",
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("what refers to an erased member may be kept for ever"),
    erasure=Erasure("keep", "it is what an erasure leaves: an id that names nobody"),
)
