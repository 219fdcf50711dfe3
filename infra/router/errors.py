"""Errors as a MongoDB client sees them: code, codeName, message, labels."""

from __future__ import annotations

from typing import Any

from app_core.errors import SwapskillError
from infra.router.codenames import CODE_NAMES

NOT_PRIMARY = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})
"""The member is not, or no longer, the primary: nothing was done."""

RETRYABLE = NOT_PRIMARY | {6, 7, 89, 262, 317, 9001}
"""Codes for which a driver may send a retryable write again (label RetryableWriteError)."""

STALE = frozenset({63, 150, 249, 250, 13388})
"""The router's metadata were older than the shard's: reload them and try again."""

TRANSIENT_AT_COMMIT = frozenset({24, 112, 246, 251, 267})
"""Codes of a commit or abort after which the whole transaction may be run again: it did not happen."""

TRANSIENT_IN_TRANSACTION = RETRYABLE | STALE | TRANSIENT_AT_COMMIT | {133}
"""Codes after which the whole transaction may be run again (label TransientTransactionError)."""

RESUMABLE = NOT_PRIMARY | {6, 7, 43, 63, 89, 133, 150, 234, 237, 262, 9001, 13388}
"""Codes of a change stream after which a driver opens it again (label ResumableChangeStreamError)."""

RETRYABLE_LABEL = "RetryableWriteError"
TRANSIENT_LABEL = "TransientTransactionError"
RESUMABLE_LABEL = "ResumableChangeStreamError"


class CommandError(SwapskillError):
    """A command failed: becomes an `ok: 0` reply."""

    def __init__(
        self, code: int, message: str, *, labels: tuple[str, ...] = (), extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.labels, self.extra = code, message, list(labels), extra or {}

    @property
    def document(self) -> dict[str, Any]:
        """The reply document, in the field order of a mongos."""
        name = self.extra.get("codeName") or CODE_NAMES.get(self.code, f"Location{self.code}")
        reply: dict[str, Any] = {"ok": 0.0, "errmsg": self.message, "code": self.code, "codeName": name}
        reply |= {key: value for key, value in self.extra.items() if key != "codeName"}
        if self.labels:
            reply["errorLabels"] = self.labels
        return reply

    @classmethod
    def from_reply(cls, reply: dict[str, Any]) -> CommandError:
        """The error that an `ok: 0` reply of a member carries, with its additional fields."""
        known = {"ok", "errmsg", "code", "errorLabels"}
        return cls(
            int(reply.get("code", 8)),
            str(reply.get("errmsg", "unknown error")),
            labels=tuple(reply.get("errorLabels", ())),
            extra={key: value for key, value in reply.items() if key not in known},
        )


class MemberLost(SwapskillError):
    """The connection to a member broke, was refused, or was given up because the member is gone."""


def host_unreachable(error: MemberLost, *labels: str) -> CommandError:
    """The client-side error of a lost member."""
    return CommandError(6, f"{error}", labels=labels)
