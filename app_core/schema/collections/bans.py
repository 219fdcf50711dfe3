"""Members who were excluded, why and until when."""

from __future__ import annotations

from app_core.schema.concerns import DURABLE, EVIDENCE
from app_core.schema.fields import Outlives
from app_core.schema.index_kinds import ending, once
from app_core.schema.kinds import choice, flag, key, member, moment, ref, text
from app_core.schema.model import Collection, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="bans",
    entity="BAN",
    says="members who were excluded",
    segment="members",
    shard_key=("user_id",),
    primary_key=("ban_id",),
    fields=(
        key("ban_id"),
        member("user_id"),
        member("decided_by", "the moderator"),
        ref(
            "report_id",
            "reports.report_id",
            "the report that led to it",
            required=False,
            may_outlive=Outlives("a ban may be for ever", late_days=30),
        ),
        choice("scope", "CHAT", "ALL"),
        text("reason", 2000, personal="sensitive"),
        flag("active"),
        moment("created_at"),
        moment("ends_at", "lacks when it is for ever", required=False),
    ),
    indexes=(
        Index(
            (("user_id", 1), ("scope", 1)),
            "at most one ban in force a member and scope",
            unique=True,
            partial={"active": True},
            name="user_id_1_scope_1_active",
            query=query("user_id", "scope", active=True),
        ),
        once("user_id", "ban_id"),
        Index(
            (("active", 1), ("ends_at", 1)),
            "bans that end now",
            query=query("ends_at<", active=True, sort="ends_at"),
        ),
        ending("ends_at"),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Retention("ends_at", 1095, "a decision may be contested for three years"),
    erasure=EVIDENCE,
)
