"""Work that is done later: reminders, dunning, exports. A worker leases a job and does it."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE
from app_core.schema.fields import Field, exactly
from app_core.schema.kinds import choice, key, moment, text, whole
from app_core.schema.model import Collection, Departure, Erasure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="jobs",
    entity="JOB",
    says="work that is done later",
    segment="exchange",
    shard_key=("job_id",),
    primary_key=("job_id",),
    fields=(
        key("job_id", "a UUID of what is to be done, so that it is queued once"),
        choice("kind", "SESSION_REMINDER", "NOTIFY", "DUNNING", "EXPORT", "ERASE", "RANKING", "SCAN"),
        choice("status", "READY", "LEASED", "DONE", "FAILED"),
        whole("attempts", 0, 100),
        Field(
            "payload",
            ("object",),
            personal="pseudonym",
            names=exactly("[a-z][a-z0-9_]{0,63}"),
            entries=Field("value", ("string", "int", "long", "double", "bool", "binData"), max_length=1024),
        ),
        moment("run_at"),
        moment("leased_until", required=False),
        text("worker", 120, required=False),
        text("error", 2000, "what the last attempt said", personal="sensitive", required=False),
        moment("created_at"),
    ),
    indexes=(
        Index((("job_id", 1),), "a job is queued once", unique=True, query=query("job_id")),
        Index(
            (("status", 1), ("run_at", 1)),
            "what is due",
            query=query("run_at<", status="READY", sort="run_at"),
        ),
        Index(
            (("status", 1), ("leased_until", 1)),
            "jobs whose worker died",
            query=query("leased_until<", status="LEASED", sort="leased_until"),
        ),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention(
        "run_at", 30, "a month, to see why something was not sent", only=("status", ("DONE", "FAILED"))
    ),
    erasure=Erasure("keep", "members stand in free payloads, by their ids; once done it ends in a month"),
    departures=(Departure("payload is an object with free names", "each kind of job has its own"),),
)
