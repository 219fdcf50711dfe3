"""Answers already given to payment requests, so that a resent one is carried out once."""

from __future__ import annotations

from app_core.schema.column_kinds import created, payer
from app_core.schema.concerns import DELETED
from app_core.schema.index_kinds import ending
from app_core.schema.model import Departure, Retention, Table
from app_core.schema.tabular import Check, Column

TABLE = Table(
    name="idempotency_key",
    entity="IDEMPOTENCY_KEY",
    says="answers already given, so that a resent request is carried out once",
    key=("user_id", "key"),
    durability="sync",
    columns=(
        payer(),
        Column("key", "text", says="chosen by the client"),
        Column(
            "request_hash", "text", personal="secret", says="another request under the same key is refused"
        ),
        Column("status_code", "integer", nullable=True),
        Column("answer", "jsonb", nullable=True, personal="content"),
        created(),
    ),
    checks=(
        Check("key has 1 to 128 characters"),
        Check("request_hash is a SHA-256"),
        Check("an HTTP status"),
    ),
    indexes=(ending("created_at", "idempotency_key_created_at"),),
    changes=("status_code", "answer"),
    retention=Retention("created_at", 1, "clients give up resending within a day"),
    erasure=DELETED,
    departures=(Departure("answer is a document", "it is sent again as it was, never searched"),),
)
