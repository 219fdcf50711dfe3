"""Where drills write from each member's own port, to see who acknowledges; nobody reads it for business."""

from __future__ import annotations

from app_core.schema.column_kinds import INSTANT, identity
from app_core.schema.concerns import NOBODYS
from app_core.schema.model import Kept, Table
from app_core.schema.tabular import Column

TABLE = Table(
    name="probe",
    entity="PROBE",
    says="what drills write to see who acknowledges",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        Column("member", "text"),
        Column("written_at", INSTANT, default="clock_timestamp()"),
    ),
    retention=Kept("drills delete their own rows"),
    erasure=NOBODYS,
)
