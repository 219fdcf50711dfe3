"""Answers already given to requests that changed the segment `members`."""

from __future__ import annotations

from app_core.schema.segment_kinds import idempotency_keys

COLLECTION = idempotency_keys("members")
