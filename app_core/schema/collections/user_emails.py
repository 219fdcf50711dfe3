"""Claims of e-mail addresses: one document an address.

A unique index of a sharded collection must be prefixed by its shard key, and `users` is sharded by
`user_id`; so the address is claimed here first, in the sign-up's transaction.
"""

from __future__ import annotations

from app_core.schema.model import Collection, Field, Index, WriteConcern

COLLECTION = Collection(
    name="user_emails",
    segment="members",
    shard_key=("email",),
    fields=(
        Field("email", ("string",)),  # normalised: trimmed, lower case
        Field("user_id", ("binData",)),
        Field("created_at", ("date",)),
    ),
    indexes=(
        Index((("email", 1),), "an e-mail address is used once", unique=True),
        Index((("user_id", 1),), "the claims of a member, to free them"),
    ),
    write_concern=WriteConcern("majority", j=True),
    read_concern="majority",
    read_preference="primary",
)
