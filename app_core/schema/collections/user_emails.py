"""Claims of e-mail addresses: one document an address.

A unique index of a sharded collection must be prefixed by its shard key, and `users` is sharded by
`user_id`; so the address is claimed here first, then the account is written, then the claim is confirmed
(`app_core.schema.claiming`).
"""

from __future__ import annotations

from app_core.schema.concerns import DELETED, DURABLE
from app_core.schema.kinds import choice, email, member, moment
from app_core.schema.model import Claim, Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="user_emails",
    entity="USER_EMAIL",
    says="claims of e-mail addresses, so that each is used once",
    segment="members",
    shard_key=("email",),
    primary_key=("email",),
    fields=(
        email(),
        member("user_id", "the account that holds or is getting the address", when=("state", "CONFIRMED")),
        choice("state", "PENDING", "CONFIRMED", says="CONFIRMED once the account is written"),
        moment("created_at"),
    ),
    indexes=(
        Index((("email", 1),), "an e-mail address is used once", unique=True, query=query("email")),
        Index((("user_id", 1),), "the claims of a member, to free them", query=query("user_id")),
    ),
    claim=Claim(of="users.email", key="email", holder="user_id", normalised="email"),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("as long as the account; a pending claim without account is taken over by the next one"),
    erasure=DELETED,
)
