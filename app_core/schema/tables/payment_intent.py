"""Payments that a member began."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, created, currency, identity, money, payer, state
from app_core.schema.index_kinds import ending
from app_core.schema.model import Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, StateMachine

TABLE = Table(
    name="payment_intent",
    entity="PAYMENT_INTENT",
    says="payments that a member began",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        payer(),
        money(),
        currency(),
        state("pending", "succeeded", "failed", "cancelled"),
        created(),
    ),
    checks=(Check("amount is positive"), Check("status goes by its state machine", "trigger")),
    states=StateMachine(
        "status",
        ("pending",),
        (("pending", "succeeded"), ("pending", "failed"), ("pending", "cancelled")),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("status", 1)),
            "the open payments of a member",
            name="payment_intent_user_id_status",
            query=query("user_id", "status"),
        ),
        ending("created_at", "payment_intent_created_at"),
    ),
    changes=("status",),
    retention=Retention("created_at", 3653, "books are kept for ten years"),
    erasure=BOOKS,
)
