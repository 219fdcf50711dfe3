"""What a member has paid for: a short-lived copy of the payments database, rebuilt at any time."""

from __future__ import annotations

from app_core.schema.concerns import DELETED, FAST
from app_core.schema.fields import exactly
from app_core.schema.index_kinds import expiring
from app_core.schema.kinds import choice, many, member, moment, payment_ref, text
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="entitlements",
    entity="ENTITLEMENT_COPY",
    says="what a member has paid for: a copy that ends by itself",
    segment="members",
    shard_key=("user_id",),
    primary_key=("user_id",),
    fields=(
        member("user_id"),
        payment_ref("subscription_id", "subscription.id"),
        choice("plan", "premium", "vip"),
        choice("status", "active", "past_due"),
        many("features", text("feature", 64, pattern=exactly("[a-z][a-z0-9_]*")), 50),
        moment("expires_at", "when the copy must be read again from the payments database"),
    ),
    indexes=(
        Index((("user_id", 1),), "one copy a member", unique=True, query=query("user_id")),
        Index(
            (("user_id", 1), ("status", 1)),
            "whether a member may use a feature",
            query=query("user_id", "status"),
        ),
        expiring("copies end"),
    ),
    # the truth is in the payments database
    write_concern=FAST,
    read_concern="local",
    read_preference="primaryPreferred",
    retention=Retention("expires_at", 0, "a copy must not outlive a cancellation for long", how="ttl"),
    erasure=DELETED,
    departures=(
        Departure(
            "the whole document is derived",
            "rights are checked with every request, also when payments are down",
        ),
        Departure("features is a list", "replaced as a whole"),
    ),
)
