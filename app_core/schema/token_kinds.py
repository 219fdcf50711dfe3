"""Collections of secrets by their hash, which end by themselves."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.fields import Field
from app_core.schema.index_kinds import expiring
from app_core.schema.kinds import digest, member, moment
from app_core.schema.model import Collection, Compare, Index, Retention
from app_core.schema.queries import query


def tokens(
    name: str,
    entity: str,
    says: str,
    fields: tuple[Field, ...],
    indexes: tuple[Index, ...],
    *,
    thing: str,
    ended: str,
) -> Collection:
    """Tokens of members, each a `thing`; the fields and indexes are those that only they have.

    ended: why one is not kept after its end. A revocation that vanishes lets a thief in again: durable.
    """
    by_hash = Index(
        (("token_hash", 1),),
        f"a {thing} by its token's hash; it is used once",
        unique=True,
        query=query("token_hash"),
    )
    return Collection(
        name=name,
        entity=entity,
        says=says,
        segment="members",
        shard_key=("token_hash",),
        primary_key=("token_hash",),
        fields=(
            digest("token_hash"),
            member("user_id"),
            *fields,
            moment("created_at"),
            moment("expires_at"),
        ),
        rules=(Compare("created_at", "<", "expires_at"),),
        indexes=(by_hash, *indexes, expiring(f"{thing}s end")),
        write_concern=DURABLE,
        read_concern="majority",
        read_preference="primary",
        retention=Retention("expires_at", 0, ended, how="ttl"),
        erasure=DELETED,
    )
