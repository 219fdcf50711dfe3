"""Subscriptions (premium, VIP): at most one in force a member."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, INSTANT, created, identity, payer, state
from app_core.schema.model import Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, StateMachine

TABLE = Table(
    name="subscription",
    entity="SUBSCRIPTION",
    says="subscriptions of members",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        payer(),
        Column("plan", "text", values=("premium", "vip")),
        state("pending", "active", "past_due", "cancelled", "expired"),
        Column("start_at", INSTANT),
        Column("end_at", INSTANT, says="when the paid period ends"),
        created(),
    ),
    checks=(Check("it starts before it ends"), Check("status goes by its state machine", "trigger")),
    states=StateMachine(
        "status",
        ("pending",),
        (
            ("pending", "active"),
            ("pending", "cancelled"),
            ("active", "past_due"),
            ("active", "cancelled"),
            ("active", "expired"),
            ("past_due", "active"),
            ("past_due", "cancelled"),
            ("past_due", "expired"),
        ),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("status", 1)),
            "the subscription of a member",
            name="subscription_user_id_status",
            query=query("user_id", "status"),
        ),
        Index(
            (("plan", 1), ("status", 1)),
            "how many have a plan",
            name="subscription_plan_status",
            query=query("plan", "status"),
        ),
        Index(
            (("user_id", 1),),
            "at most one in force a member (in dunning it still is)",
            unique=True,
            partial={"sql": "status IN ('active', 'past_due')"},
            name="subscription_user_id_active",
            only_constrains=True,
        ),
        Index(
            (("status", 1), ("end_at", 1)),
            "what ends soon, and what has reached the end of its retention",
            name="subscription_status_end_at",
            query=query("status", "end_at<", sort="end_at"),
        ),
    ),
    changes=("status", "end_at"),
    retention=Retention(
        "end_at", 3653, "books are kept for ten years", only=("status", ("cancelled", "expired"))
    ),
    erasure=BOOKS,
)
