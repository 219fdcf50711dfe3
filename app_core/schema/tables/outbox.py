"""Events of the payments domain, written in the transaction that they tell of, published afterwards."""

from __future__ import annotations

from app_core.schema.column_kinds import INSTANT, created, identity
from app_core.schema.concerns import DELETED
from app_core.schema.model import Departure, Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, Partitioning

TABLE = Table(
    name="outbox",
    entity="OUTBOX",
    says="events to publish, written with the change that they tell of",
    key=("id", "created_at"),
    durability="sync",
    columns=(
        identity(),
        Column("aggregate_id", "uuid", says="what the event is about"),
        Column("type", "text"),
        Column("payload", "jsonb", personal="content"),
        created(),
        Column("published_at", INSTANT, nullable=True),
        Column(
            "sequence_number",
            "bigint",
            numbered=True,
            says="orders the events of one thing when their writers lock that thing first; across things not",
        ),
    ),
    checks=(Check("payload is an object"), Check("type is words with dots")),
    indexes=(
        Index(
            (("sequence_number", 1),),
            "what is to be published, the events of one thing in order",
            partial={"sql": "published_at IS NULL"},
            name="outbox_unpublished_sequence_number",
            query=query(published_at=None, sort="sequence_number"),
        ),
        Index(
            (("aggregate_id", 1), ("sequence_number", 1)),
            "the events of one thing in order",
            name="outbox_aggregate_id_sequence_number",
            query=query("aggregate_id", sort="sequence_number"),
        ),
    ),
    partitioning=Partitioning("created_at", ahead=3, done="published_at"),
    changes=("published_at",),
    retention=Retention("created_at", 62, "to publish again after a mishap", how="partition"),
    erasure=DELETED,
    departures=(Departure("payload is a document", "each type of event has its own"),),
)
