"""Generated secrets and certificates of one cluster: files 0600 in a directory 0700, nowhere else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SECRET_NAMES = (
    "mongo_root",
    "mongo_app",
    "mongo_prober",
    "pg_superuser",
    "pg_replicator",
    "pg_rewind",
    "pg_app",
    "pg_prober",
    "pgbouncer_admin",
    "patroni_rest",
    "s3_access",
    "s3_secret",
    "backup_cipher",
)


@dataclass(frozen=True)
class CertPair:
    """A certificate, its key, and both joined in one file."""

    cert: Path
    key: Path
    pem: Path


@dataclass(frozen=True)
class Credentials:
    """Reads the credentials of one cluster from its directory."""

    directory: Path

    @property
    def ca_file(self) -> Path:
        """The cluster's own certificate authority (PEM)."""
        return self.directory / "ca.crt"

    @property
    def keyfile(self) -> Path:
        """The members' shared key of the MongoDB sets (keyFile)."""
        return self.directory / "mongo.keyfile"

    def secret(self, name: str) -> str:
        """One secret's text; FileNotFoundError for an unknown name."""
        return (self.directory / f"{name}.secret").read_text().strip()

    def cert(self, name: str) -> CertPair:
        """Paths of one named certificate."""
        base = self.directory / name
        return CertPair(base.with_suffix(".crt"), base.with_suffix(".key"), base.with_suffix(".pem"))


def write_private(path: Path, data: str | bytes, mode: int = 0o600) -> None:
    """Write a file that never exists with wider rights than `mode`, replacing it atomically."""
    raw = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
    os.chmod(temporary, mode)
    temporary.replace(path)


def generate_secrets(directory: Path, names: Iterable[str] = SECRET_NAMES) -> None:
    """Make the secrets that do not exist yet: 24 random bytes each, URL-safe."""
    for name in names:
        path = directory / f"{name}.secret"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24) + "\n")
    keyfile = directory / "mongo.keyfile"
    if not keyfile.exists():
        write_private(
            keyfile,
            secrets.token_urlsafe(510).replace("-", "A").replace("_", "B") + "\n",
        )
