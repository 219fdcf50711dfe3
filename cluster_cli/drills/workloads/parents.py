"""What the load's documents refer to: members with their claims, and meetings, written before it begins.

Their ids lie outside the run's own range, so that the read-back does not take them for values of the load.
All are written with the majority: no fault of the run can take them away.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app_core.schema.claiming import CONFIRMED
from app_core.schema.handles import handle
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.site import Site

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ADDRESS = "https://meet.example.org/attempt-{}"
"""What a resend writes: a text that every field takes which a resend changes."""
Document = dict[str, Any]


def parent_id(plan: RunPlan, *words: str | int) -> uuid.UUID:
    """The id of something that the load refers to, always the same for the same words."""
    return replace(plan, run_id=f"{plan.run_id}/parents").id_of(*words)


def write_members(site: Site, ids: Iterable[uuid.UUID]) -> None:
    """Accounts as a sign-up leaves them: each with a confirmed claim of its address."""
    users = [user(value) for value in dict.fromkeys(ids)]
    with site.social_app() as client:
        handle(client, "users").insert_many(users)
        handle(client, "user_emails").insert_many(claim(document) for document in users)


def write_meetings(site: Site, meetings: Iterable[Document]) -> None:
    """Meetings that chats belong to."""
    with site.social_app() as client:
        handle(client, "sessions").insert_many({"_id": m["session_id"], **m} for m in meetings)


def user(value: uuid.UUID) -> Document:
    """An account of that id."""
    return {
        "_id": value,
        "user_id": value,
        "email": f"{value}@example.org",
        "name": "drill",
        "preferred_lang": "fr",
        "roles": ["LEARNER"],
        "id_verified": False,
        "reputation": 0,
        "reliability_score": 1,
        "created_at": EPOCH,
    }


def claim(account: Document) -> Document:
    """The claim of an account's address."""
    state, confirmed = CONFIRMED
    return {
        "_id": account["_id"],
        "email": account["email"],
        "user_id": account["user_id"],
        state: confirmed,
        "created_at": EPOCH,
    }


def meeting(value: uuid.UUID, host: uuid.UUID, guest: uuid.UUID, number: int) -> Document:
    """A proposed meeting of that id, without `_id`; the number says in which minute it starts."""
    start = EPOCH + timedelta(minutes=number)
    return {
        "session_id": value,
        "user_a_id": host,
        "user_b_id": guest,
        "start_at": start,
        "end_at": start + timedelta(hours=1),
        "created_by": host,
        "status": "PROPOSED",
        "mode": "remote",
        "video_url": ADDRESS.format(1),
        "translated_chat": False,
    }
