"""SCRAM verifiers against PostgreSQL's own format."""

import base64
import hashlib
import hmac
import re

from infra.scram import verifier


def test_a_verifier_has_postgresql_s_format_and_is_stable():
    text = verifier("app", "secret")
    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[\w+/=]{24}\$[\w+/=]{44}:[\w+/=]{44}", text)
    assert text == verifier("app", "secret")


def test_user_and_password_both_matter():
    assert len({verifier("app", "a"), verifier("app", "b"), verifier("prober", "a")}) == 3


def test_the_stored_key_belongs_to_the_password():
    text = verifier("app", "secret")
    salt, stored = re.fullmatch(r"SCRAM-SHA-256\$4096:([^$]+)\$([^:]+):.*", text).groups()
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(salt), 4096)
    client = hmac.digest(salted, b"Client Key", "sha256")
    assert base64.b64decode(stored) == hashlib.sha256(client).digest()
