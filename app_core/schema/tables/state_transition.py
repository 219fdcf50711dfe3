"""The steps between states that the triggers allow; the tables' state machines as rows."""

from __future__ import annotations

from app_core.schema.concerns import NOBODYS
from app_core.schema.model import Kept, Table
from app_core.schema.tabular import Column

TABLE = Table(
    name="state_transition",
    entity="STATE_TRANSITION",
    says="the steps between states that are allowed",
    key=("machine", "from_state", "to_state"),
    durability="sync",
    columns=(
        Column("machine", "text", says="the table"),
        Column("from_state", "text", says="empty: where a row may begin"),
        Column("to_state", "text"),
    ),
    append_only=True,
    retention=Kept("migrations write it"),
    erasure=NOBODYS,
)
