"""Links that prove that an e-mail address is the member's. The link's token is stored as its hash."""

from __future__ import annotations

from app_core.schema.kinds import choice, email
from app_core.schema.model import Index
from app_core.schema.queries import query
from app_core.schema.token_kinds import tokens

COLLECTION = tokens(
    "email_verifications",
    "EMAIL_VERIFICATION",
    "links that prove an e-mail address, or reset a password",
    (email(), choice("purpose", "VERIFY", "RESET")),
    (Index((("user_id", 1),), "the open links of a member, to withdraw them", query=query("user_id")),),
    thing="link",
    ended="an old link must not work",
)
