"""A member's reply: scanned once, decoded only when somebody needs its content."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from bson import Timestamp

from infra.router.bsonraw import Document, decode, elements, number, timestamp

INTERNAL = frozenset(
    {
        b"$clusterTime", b"operationTime", b"$configTime", b"$topologyTime", b"lastCommittedOpTime",
        b"$gleStats", b"electionId", b"opTime", b"readOnly", b"$oplogQueryData", b"$replData",
    }
)  # fmt: skip
"""Fields of a member's reply that no client of a router may see."""
INTERNAL_NAMES = frozenset(name.decode() for name in INTERNAL)


class Reply:
    """The bytes of a reply with what every caller asks: ok, errors, times, cursor."""

    __slots__ = (
        "raw",
        "ok",
        "has_errors",
        "cluster_time",
        "operation_time",
        "cursor",
        "read_only",
        "__dict__",
    )

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.ok = False
        self.has_errors = False
        self.cluster_time: Timestamp | None = None
        self.operation_time: Timestamp | None = None
        self.cursor: int | None = None
        self.read_only: bool | None = None
        self._scan()

    def _scan(self) -> None:
        raw = self.raw
        for kind, name, _, value, _ in elements(raw):
            if name == b"ok":
                self.ok = bool(number(raw, kind, value))
            elif name in (b"writeErrors", b"writeConcernError"):
                self.has_errors = True
            elif name == b"operationTime":
                self.operation_time = timestamp(raw, value)
            elif name == b"cursor" and kind == 3:
                self.cursor = value
            elif name == b"readOnly":
                self.read_only = bool(number(raw, kind, value))
            elif name == b"$clusterTime":
                inner = next((v for _, n, _, v, _ in elements(raw, value) if n == b"clusterTime"), None)
                self.cluster_time = timestamp(raw, inner) if inner is not None else None

    @cached_property
    def document(self) -> Document:
        """The whole reply, decoded."""
        return decode(self.raw)

    @property
    def code(self) -> int:
        """The error code of an `ok: 0` reply, 0 otherwise."""
        return 0 if self.ok else int(self.document.get("code", 8))

    def cursor_id(self) -> tuple[int, int] | None:
        """(cursor id, its offset in the bytes), None without a cursor."""
        if self.cursor is None:
            return None
        for kind, name, _, value, _ in elements(self.raw, self.cursor):
            if name == b"id":
                return int(number(self.raw, kind, value) or 0), value
        return None

    def batch(self) -> list[bytes]:
        """The documents of a cursor's batch, as bytes."""
        assert self.cursor is not None
        for _, name, _, value, _ in elements(self.raw, self.cursor):
            if name in (b"firstBatch", b"nextBatch"):
                return [self.raw[v:end] for _, _, _, v, end in elements(self.raw, value)]
        return []


def public(document: dict[str, Any]) -> Document:
    """A decoded reply without the fields that no client may see."""
    return {key: value for key, value in document.items() if key not in INTERNAL_NAMES}
