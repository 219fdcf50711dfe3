"""The cluster's logical clock as the router knows it: gossiped to every member, signed for clients."""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from typing import Any

from bson import Binary, Int64, Timestamp

from infra.router.bsonraw import encode, is_document

_PROOF_RANGE = 0xFFFF
"""A signature covers a range of times, as the servers make it."""
_UNSIGNED = {"hash": Binary(bytes(20)), "keyId": Int64(0)}


@dataclass(frozen=True)
class SigningKey:
    """One HMAC key of admin.system.keys."""

    key_id: int
    secret: bytes
    expires: Timestamp

    def sign(self, time: Timestamp) -> bytes:
        """The signature of a cluster time."""
        ticks = (time.time << 32 | time.inc) | _PROOF_RANGE
        return hmac.digest(self.secret, struct.pack("<Q", ticks), "sha1")


class LogicalClock:
    """The highest cluster time seen; a client's time counts only with a valid signature."""

    def __init__(self) -> None:
        self.time = Timestamp(0, 0)
        self.keys: dict[int, SigningKey] = {}
        self._upstream = b""
        self._reply: tuple[Timestamp, Any] | None = None

    def advance(self, time: Timestamp) -> None:
        """Take over a time that a member told."""
        if time > self.time:
            self.time = time
            self._upstream = b""

    def advance_from_client(self, gossip: Any) -> None:
        """Take over a client's `$clusterTime` when it is properly signed; ignore it otherwise."""
        time = gossip.get("clusterTime") if is_document(gossip) else None
        if isinstance(time, Timestamp) and time > self.time and self._valid(time, gossip):
            self.advance(time)

    def _valid(self, time: Timestamp, gossip: dict[str, Any]) -> bool:
        signature = gossip.get("signature")
        if not is_document(signature):
            return False
        key = self.keys.get(signature.get("keyId", 0))
        given = signature.get("hash")
        return key is not None and isinstance(given, bytes) and hmac.compare_digest(key.sign(time), given)

    def upstream(self) -> bytes:
        """`{$clusterTime}` for a member, as document bytes (members trust the router unsigned)."""
        if not self._upstream:
            known = self.time.time > 0
            gossip = {"clusterTime": self.time, "signature": _UNSIGNED}
            self._upstream = encode({"$clusterTime": gossip} if known else {})
        return self._upstream

    def for_clients(self) -> dict[str, Any] | None:
        """The signed `$clusterTime` of a reply; None while no time is known."""
        if not self.time.time:
            return None
        if self._reply is None or self._reply[0] != self.time:
            self._reply = self.time, {"clusterTime": self.time, "signature": self._signature()}
        return self._reply[1]

    def _signature(self) -> dict[str, Any]:
        usable = [key for key in self.keys.values() if key.expires > self.time]
        if not usable:
            return _UNSIGNED
        key = min(usable, key=lambda k: (k.expires, k.key_id))
        return {"hash": Binary(key.sign(self.time)), "keyId": Int64(key.key_id)}

    def learn_keys(self, documents: list[dict[str, Any]]) -> None:
        """Replace the signing keys by the documents of admin.system.keys."""
        keys = [SigningKey(int(d["_id"]), bytes(d["key"]), d["expiresAt"]) for d in documents]
        self.keys = {key.key_id: key for key in keys}
        self._reply = None
