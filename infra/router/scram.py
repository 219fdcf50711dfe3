"""The server's side of SCRAM (RFC 5802), from the credentials that the config servers keep. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from infra.router.bsonraw import Document
from infra.router.errors import CommandError

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}
"""Mechanism -> its hash."""
_FAILED = 18


def failed() -> CommandError:
    """What every wrong login gets, whatever was wrong."""
    return CommandError(_FAILED, "Authentication failed.")


@dataclass(frozen=True)
class ClientFirst:
    """A client's first message: who wants to log in."""

    user: str
    header: bytes
    bare: str
    nonce: str


def client_first(payload: bytes) -> ClientFirst:
    """Read a first message; CommandError 18 for one that is none, or that asks for channel binding."""
    try:
        flag, identity, bare = payload.decode().split(",", 2)
        fields = _fields(bare)
        user = fields["n"].replace("=2C", ",").replace("=3D", "=")
        nonce = fields["r"]
    except (ValueError, KeyError) as error:
        raise failed() from error
    if flag not in ("n", "y") or identity not in ("", f"a={fields['n']}") or not nonce:
        raise failed()
    return ClientFirst(user, f"{flag},{identity},".encode(), bare, nonce)


@dataclass
class Exchange:
    """One login: the server's messages, one after another."""

    mechanism: str
    first: ClientFirst
    credentials: Document
    nonce: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(24)).decode())

    @property
    def server_first(self) -> str:
        """The server's first message."""
        rounds, salt = self.credentials["iterationCount"], self.credentials["salt"]
        return f"r={self.first.nonce}{self.nonce},s={salt},i={rounds}"

    def server_final(self, payload: bytes) -> bytes:
        """The server's proof, when the client's is right; CommandError 18 otherwise."""
        try:
            text = payload.decode()
            fields = _fields(text)
            proof = base64.b64decode(fields["p"], validate=True)
            header, nonce = base64.b64decode(fields["c"], validate=True), fields["r"]
            stored = base64.b64decode(self.credentials["storedKey"])
            key = base64.b64decode(self.credentials["serverKey"])
        except (ValueError, KeyError) as error:
            raise failed() from error
        message = f"{self.first.bare},{self.server_first},{text.rpartition(',p=')[0]}".encode()
        signature = hmac.digest(stored, message, HASHES[self.mechanism])
        same = header == self.first.header and nonce == self.first.nonce + self.nonce
        if not same or not _proves(proof, signature, stored, HASHES[self.mechanism]):
            raise failed()
        return b"v=" + base64.b64encode(hmac.digest(key, message, HASHES[self.mechanism]))


def _proves(proof: bytes, signature: bytes, stored: bytes, name: str) -> bool:
    if len(proof) != len(signature):
        return False
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    return hmac.compare_digest(hashlib.new(name, client_key).digest(), stored)


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or name in found or name == "m":
            raise ValueError(part)
        found[name] = value
    return found


def credentials(mechanism: str, password: str, *, rounds: int, salt: bytes) -> Document:
    """What a server keeps of a password (already prepared for the mechanism)."""
    name = HASHES[mechanism]
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, rounds)
    stored = hashlib.new(name, hmac.digest(salted, b"Client Key", name)).digest()
    kept = {"salt": salt, "storedKey": stored, "serverKey": hmac.digest(salted, b"Server Key", name)}
    return {"iterationCount": rounds, **{k: base64.b64encode(v).decode() for k, v in kept.items()}}
