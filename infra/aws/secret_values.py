"""The secrets of a deployment: how each is generated, and which roles may read it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from infra.aws.ports import APP


@dataclass(frozen=True)
class Secret:
    """make: a new value. readers: roles of hosts that may read it; none = people with the right alone."""

    about: str
    readers: tuple[str, ...]
    make: Callable[[], str]


def password() -> str:
    """24 random bytes, URL-safe."""
    return secrets.token_urlsafe(24)


def keyfile() -> str:
    """What MongoDB's members share: 680 characters of base64's alphabet."""
    return secrets.token_urlsafe(510).replace("-", "A").replace("_", "B")


def ca_key() -> str:
    """A private key (ECDSA P-256, PEM) for the cluster's certificate authority."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()


_MONGODS = ("mongod-shard", "mongod-arbiter", "mongod-config", "mongod-hidden", "mongod-hidden-config")
_BACKED_UP = tuple(role for role in _MONGODS if role != "mongod-arbiter")  # hidden members restore
SECRETS: dict[str, Secret] = {
    "mongo_keyfile": Secret("the members' shared key", (*_MONGODS, "router"), keyfile),
    "mongo_root": Secret("MongoDB's administrator", ("mongod-shard", "mongod-config"), password),
    "mongo_app": Secret("the application in MongoDB", (APP,), password),
    "mongo_prober": Secret("MongoDB's monitoring", (*_MONGODS, "router"), password),
    "pg_superuser": Secret("PostgreSQL's administrator", ("postgres",), password),
    "pg_replicator": Secret("PostgreSQL's replication", ("postgres",), password),
    "pg_rewind": Secret("PostgreSQL's rewinding of an old primary", ("postgres",), password),
    "pg_app": Secret("the application in PostgreSQL", ("proxy", APP), password),
    "pg_prober": Secret("PostgreSQL's monitoring", ("postgres", "proxy"), password),
    "pgbouncer_admin": Secret("pgbouncer's console", ("proxy",), password),
    "patroni_rest": Secret("Patroni's REST API", ("postgres",), password),
    "backup_cipher": Secret("encrypts backups", ("postgres", *_BACKED_UP), password),
    "ca_key": Secret("key of the certificate authority", (), ca_key),
}  # fmt: skip


def readable_by(roles: tuple[str, ...]) -> tuple[str, ...]:
    """The secrets that a host with these roles needs."""
    return tuple(name for name, secret in SECRETS.items() if {*secret.readers} & {*roles})
