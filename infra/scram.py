"""SCRAM-SHA-256 verifiers: what PostgreSQL and pgbouncer store instead of a password."""

from __future__ import annotations

import base64
import hashlib
import hmac

ITERATIONS = 4096
_SALT_BYTES = 16


def verifier(user: str, password: str) -> str:
    """The verifier of a generated password, in PostgreSQL's own format.

    The salt follows from password and user: PostgreSQL and pgbouncer must hold the same verifier, so that
    pgbouncer can log in to the server with what it learned from the client's login, and each may be
    written by itself. That is as good as a random salt because the passwords are random and unique.
    """
    salt = hmac.digest(password.encode(), f"salt:{user}".encode(), "sha256")[:_SALT_BYTES]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_base64(salt)}${_base64(stored)}:{_base64(server)}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
