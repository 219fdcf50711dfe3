"""Logins: refresh tokens by their hash, in families, so that a stolen one ends them all."""

from __future__ import annotations

from app_core.schema.kinds import choice, key, text
from app_core.schema.model import Index
from app_core.schema.queries import query
from app_core.schema.token_kinds import tokens

COLLECTION = tokens(
    "refresh_tokens",
    "REFRESH_TOKEN",
    "logins",
    (
        key("family_id", "all tokens that followed from one login"),
        choice("status", "ACTIVE", "USED", "REVOKED"),
        text("device", 200, "what the login called itself", personal="identifying", required=False),
    ),
    (
        Index((("user_id", 1), ("status", 1)), "a member's logins", query=query("user_id", "status")),
        Index((("family_id", 1),), "end a login with all that followed", query=query("family_id")),
    ),
    thing="login",
    ended="a token that has ended proves nothing",
)
