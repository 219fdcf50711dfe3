"""The kinds of document that the social load writes. Everything that they refer to is there before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app_core.schema import registry
from cluster_cli.drills.workloads.parents import EPOCH, meeting


@dataclass(frozen=True)
class Around:
    """Whom and what a client's documents refer to: two members, and a meeting of theirs."""

    host: uuid.UUID
    guest: uuid.UUID
    meeting: uuid.UUID


@dataclass(frozen=True)
class Kind:
    """How documents of a collection are made."""

    collection: str
    bump: str
    """A text field that a resend may change; it takes an address of the form `ADDRESS`."""
    document: Callable[[uuid.UUID, Around, int], dict[str, Any]]
    """From the value's id, what it refers to and a number; without `_id`, which is the value's id."""

    @property
    def can_be_doubled(self) -> bool:
        """Whether nothing but its id keeps a document from being there twice.

        The database itself refuses a member's second review of a meeting, under whatever id: such a write
        sent again without its id would never be acknowledged.
        """
        entry = registry.collection(self.collection)
        return all({*entry.primary_key} <= {*index.fields} for index in entry.indexes if index.unique)


def _session(value: uuid.UUID, around: Around, number: int) -> dict[str, Any]:
    return meeting(value, around.host, around.guest, number)


def _review(value: uuid.UUID, around: Around, number: int) -> dict[str, Any]:
    return {
        "review_id": value,
        "session_id": around.meeting,
        "reviewer_id": around.host,
        "reviewee_id": around.guest,
        "stars": 1 + number % 5,
        "punctuality": 5,
        "pedagogy": 4,
        "engagement": 3,
        "communication": 5,
        "comment": "",
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _message(value: uuid.UUID, around: Around, number: int) -> dict[str, Any]:
    return {
        "message_id": value,
        "session_id": around.meeting,
        "sender_id": around.host,
        "text": "hello",
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _group(value: uuid.UUID, around: Around, number: int) -> dict[str, Any]:
    return {
        "group_id": value,
        "admin_id": around.host,
        "title": "drill",
        "description": "",
        "visibility": "PUBLIC",
        "created_at": EPOCH + timedelta(seconds=number),
    }


def _skill(value: uuid.UUID, around: Around, number: int) -> dict[str, Any]:
    return {
        "skill_id": value,
        "user_id": around.host,
        "label": "guitar",
        "type": "TEACH" if number % 2 else "LEARN",
        "level": "BEGINNER",
        "langs": ["fr"],
    }


SESSIONS = Kind("sessions", "video_url", _session)
REVIEWS = Kind("reviews", "comment", _review)
MESSAGES = Kind("messages", "text", _message)
GROUPS = Kind("groups", "description", _group)
SKILLS = Kind("skills", "label", _skill)
