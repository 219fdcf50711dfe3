"""Invoices: what a payment was for."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, created, currency, identity, money, payer, state
from app_core.schema.index_kinds import ending
from app_core.schema.model import Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, ForeignKey, StateMachine

TABLE = Table(
    name="invoice",
    entity="INVOICE",
    says="what payments were for",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        payer(),
        Column("payment_intent_id", "uuid"),
        Column("subscription_id", "uuid", nullable=True, says="lacks for a single purchase"),
        money(),
        currency(),
        Column("due_date", "date"),
        state("draft", "open", "paid", "void", "uncollectible"),
        created(),
    ),
    foreign_keys=(
        ForeignKey(
            ("payment_intent_id",),
            "payment_intent",
            ("id",),
            holds="an invoice is written after its payment began, and is kept as long from then",
        ),
        ForeignKey(
            ("subscription_id",),
            "subscription",
            ("id",),
            holds="the last invoice may be written after the subscription has ended",
        ),
    ),
    checks=(Check("amount is positive"), Check("status goes by its state machine", "trigger")),
    states=StateMachine(
        "status",
        ("draft",),
        (
            ("draft", "open"),
            ("draft", "void"),
            ("open", "paid"),
            ("open", "void"),
            ("open", "uncollectible"),
            ("uncollectible", "paid"),
        ),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("status", 1)),
            "the open invoices of a member",
            name="invoice_user_id_status",
            query=query("user_id", "status"),
        ),
        Index(
            (("payment_intent_id", 1),),
            "the invoices of a payment",
            name="invoice_payment_intent_id",
            query=query("payment_intent_id"),
        ),
        Index(
            (("subscription_id", 1),),
            "the invoices of a subscription",
            name="invoice_subscription_id",
            query=query("subscription_id"),
        ),
        ending("created_at", "invoice_created_at"),
    ),
    changes=("status",),
    retention=Retention("created_at", 3653, "books are kept for ten years"),
    erasure=BOOKS,
)
