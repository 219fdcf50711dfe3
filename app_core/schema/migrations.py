"""SQL migrations in dbmate's format: `NNNN_name.sql` with `-- migrate:up` and `-- migrate:down`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
MARKER = re.compile(r"^--\s*migrate:(up|down)\b(.*)$", re.MULTILINE)


class MigrationError(ValueError):
    """A migration file is not in the format; the message names the file and the fault."""


@dataclass(frozen=True)
class Migration:
    """One migration. checksum: SHA-256 of the whole file; transaction: False = run outside one."""

    version: str
    name: str
    up: str
    down: str
    transaction: bool
    checksum: str


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """The migrations of a folder in order. Raises MigrationError on a bad file or a version used twice."""
    found = [parse_migration(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]
    versions = [migration.version for migration in found]
    twice = {version for version in versions if versions.count(version) > 1}
    if twice:
        raise MigrationError(f"version used by two files: {', '.join(sorted(twice))}")
    return tuple(found)


def waiting(migrations: Iterable[Migration], applied: Mapping[str, str | None]) -> tuple[Migration, ...]:
    """The migrations that a database lacks, in order. `applied`: version -> checksum, None where another
    runner applied it. Pure.
    """
    return tuple(m for m in sorted(migrations, key=lambda m: m.version) if m.version not in applied)


def parse_migration(file_name: str, text: str) -> Migration:
    """A migration from its file's name and text. Raises MigrationError."""
    match = FILE_NAME.match(file_name)
    if match is None:
        raise MigrationError(f"{file_name}: the name must be NNNN_words.sql")
    markers = list(MARKER.finditer(text))
    if [marker.group(1) for marker in markers] not in (["up"], ["up", "down"]):
        raise MigrationError(f"{file_name}: needs one `-- migrate:up`, then at most one `-- migrate:down`")
    start = markers[0].end()
    up, down = (
        (text[start : markers[1].start()], text[markers[1].end() :]) if markers[1:] else (text[start:], "")
    )
    if text[: markers[0].start()].strip() and not _only_comments(text[: markers[0].start()]):
        raise MigrationError(f"{file_name}: SQL before `-- migrate:up` would never run")
    if not up.strip():
        raise MigrationError(f"{file_name}: nothing to do under `-- migrate:up`")
    return Migration(
        version=match.group(1),
        name=match.group(2),
        up=up.strip(),
        down=down.strip(),
        transaction=_transaction(file_name, markers[0].group(2)),
        checksum=hashlib.sha256(text.encode()).hexdigest(),
    )


def _transaction(file_name: str, options: str) -> bool:
    words = options.split()
    unknown = [word for word in words if word not in ("transaction:false", "transaction:true")]
    if unknown:
        raise MigrationError(f"{file_name}: unknown option {unknown[0]!r} after `-- migrate:up`")
    return "transaction:false" not in words


def _only_comments(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("--") for line in text.splitlines())
