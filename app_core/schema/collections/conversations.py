"""What a list of chats shows of each: who, how many messages, when the last."""

from __future__ import annotations

from app_core.schema.concerns import ANONYMISED, FAST
from app_core.schema.index_kinds import ending
from app_core.schema.kinds import many, member, moment, ref, whole
from app_core.schema.model import Collection, Departure, Index, Retention
from app_core.schema.queries import query

COLLECTION = Collection(
    name="conversations",
    entity="CONVERSATION",
    says="metadata of the chat of a meeting",
    segment="exchange",
    shard_key=("session_id",),
    primary_key=("session_id",),
    fields=(
        ref(
            "session_id",
            "sessions.session_id",
            holds="a chat may begin after its meeting, and is kept as long from then",
        ),
        many("participants", member("participant"), 2, least=2),
        whole("message_count", 0, 10_000_000),
        moment("last_message_at", required=False),
        moment("created_at"),
    ),
    indexes=(
        Index((("session_id", 1),), "the chat of a meeting", unique=True, query=query("session_id")),
        Index(
            (("participants", 1), ("last_message_at", -1)),
            "a member's chats, the liveliest first",
            query=query("participants", sort="-last_message_at"),
        ),
        ending("created_at"),
    ),
    # counted again from the messages when in doubt
    write_concern=FAST,
    read_concern="local",
    read_preference="primary",
    retention=Retention("created_at", 730, "it ends with its meeting"),
    erasure=ANONYMISED,
    departures=(
        Departure("participants is a list", "exactly two, and one index finds either"),
        Departure("message_count, last_message_at are derived", "a list of chats must not count messages"),
    ),
)
