"""What a group has to do, until when."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, DURABLE
from app_core.schema.index_kinds import once
from app_core.schema.kinds import choice, key, moment, ref, text, url
from app_core.schema.model import Collection, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="tasks",
    entity="TASK",
    says="the tasks of a group",
    segment="members",
    shard_key=("group_id",),
    primary_key=("task_id",),
    fields=(
        key("task_id"),
        ref("group_id", "groups.group_id"),
        text("title", 200, personal="content"),
        text("description", 4000, shortest=0, personal="content"),
        choice("status", "TODO", "IN_PROGRESS", "DONE"),
        moment("deadline"),
        url("attachment_url"),
        moment("created_at"),
    ),
    indexes=(
        once("group_id", "task_id"),
        Index(
            (("group_id", 1), ("status", 1), ("deadline", 1)),
            "a group's open tasks, the most urgent first",
            query=query("group_id", "status", sort="deadline"),
        ),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primaryPreferred",
    retention=Kept("as long as the group"),
    erasure=ANONYMISED,
)
