"""Events of the segment `members` that are still to be published."""

from __future__ import annotations

from app_core.schema.segment_kinds import outbox

COLLECTION = outbox("members")
