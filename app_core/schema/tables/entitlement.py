"""What a subscription entitles to. The truth; the social domain has a copy that ends by itself."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, identity
from app_core.schema.model import Index, Kept, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, ForeignKey

TABLE = Table(
    name="entitlement",
    entity="ENTITLEMENT",
    says="what a subscription entitles to",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        Column("subscription_id", "uuid"),
        Column("feature", "text"),
        Column("active", "boolean", default="true"),
    ),
    foreign_keys=(ForeignKey(("subscription_id",), "subscription", ("id",), goes_with=True),),
    checks=(Check("feature is a word in lower case"),),
    indexes=(
        Index(
            (("subscription_id", 1), ("feature", 1)),
            "a subscription has a feature once",
            unique=True,
            name="entitlement_subscription_id_feature",
            query=query("subscription_id", "feature"),
        ),
    ),
    changes=("active",),
    retention=Kept("as long as its subscription"),
    erasure=BOOKS,
)
