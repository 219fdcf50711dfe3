"""Reviews that members write about a meeting."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, DURABLE
from app_core.schema.fields import Field, Outlives
from app_core.schema.index_kinds import once
from app_core.schema.kinds import key, member, moment, ref, text, whole
from app_core.schema.model import Collection, Compare, Index, Kept
from app_core.schema.queries import query

COLLECTION = Collection(
    name="reviews",
    entity="REVIEW",
    says="what members say about a meeting",
    segment="exchange",
    shard_key=("session_id",),
    primary_key=("review_id",),
    fields=(
        key("review_id"),
        ref(
            "session_id",
            "sessions.session_id",
            may_outlive=Outlives("a reputation outlives the meeting", late_days=90),
        ),
        member("reviewer_id"),
        member("reviewee_id"),
        whole("stars", 1, 5),
        whole("punctuality", 1, 5),
        whole("pedagogy", 1, 5),
        # one of the documents calls it `motivation`
        Field("engagement", ("int", "long"), minimum=1, maximum=5, read_aliases=("motivation",)),
        whole("communication", 1, 5),
        text("comment", 2000, shortest=0, personal="content", required=False),
        moment("created_at"),
    ),
    rules=(Compare("reviewer_id", "!=", "reviewee_id"),),
    indexes=(
        Index(
            (("session_id", 1), ("reviewer_id", 1)),
            "one review a member and meeting",
            unique=True,
            query=query("session_id", "reviewer_id"),
        ),
        Index(
            (("reviewee_id", 1), ("created_at", -1)),
            "reviews about a member, newest first",
            query=query("reviewee_id", sort="-created_at"),
        ),
        Index((("session_id", 1),), "the reviews of a meeting", query=query("session_id")),
        once("session_id", "review_id"),
    ),
    write_concern=DURABLE,
    read_concern="majority",
    read_preference="primary",
    retention=Kept("a reputation rests on them, as long as the reviewed account"),
    erasure=ANONYMISED,
)
