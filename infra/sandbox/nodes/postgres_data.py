"""The first data directories of a sandbox: copies of a prepared one instead of initdb and base backups.

The template is made once for a PostgreSQL version (0.1 s for 1 s afterwards). Every sandbox gets a system
identifier of its own, so that members of two sandboxes never take each other's WAL.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from app_core.errors import SwapskillError, TimedOutError
from infra.hostvars.postgres import DATABASE, DR_SLOT, REWIND_FUNCTIONS, is_standby
from infra.locks import HeldError, locked
from infra.sandbox import process
from infra.sandbox.box import Box
from infra.scram import verifier
from infra.topology import Node

_INITDB = ("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--username=postgres", "--no-sync")
# What Patroni would do after its own initdb; passwords come later, they are the sandbox's own.
_TEMPLATE_SQL = (
    "CREATE ROLE replicator LOGIN REPLICATION",
    "CREATE ROLE rewind LOGIN",
    *(f"GRANT EXECUTE ON FUNCTION pg_catalog.{function} TO rewind" for function in REWIND_FUNCTIONS),
    f"CREATE DATABASE {DATABASE} STRATEGY = file_copy",
    "CHECKPOINT",
)
_PASSWORDS = {"postgres": "pg_superuser", "replicator": "pg_replicator", "rewind": "pg_rewind"}
# sparse: a WAL segment is 16 MB of zeros
_PACK = ("tar", "--create", "--sparse")
_COPY = ("cp", "-a", "--reflink=auto", "--sparse=always")
_GONE = "gone.list"
_LIMIT_S = 60
_MARK = "first-data"


def is_wanted(box: Box, node: Node) -> bool:
    """Whether the member gets a prepared directory: at a sandbox's first start only.

    A member that lost its data later is not touched: Patroni takes a base backup for it.
    """
    return not _data(box, node).exists() and (_own(box).exists() or not _with_data(box))


def prepare(box: Box, node: Node) -> None:
    """Put the member's data directory in place at a sandbox's first start; otherwise do nothing.

    All members get the same one, as if each had taken a base backup of the first: the template, and over
    it what makes it this sandbox's own. Raises TimedOutError (7) naming the member on a machine too slow.
    """
    if not is_wanted(box, node):
        return
    try:
        _prepare(box, node)
    except HeldError as error:
        why = f"waited for {error.holder or 'another process'}"
        raise _too_slow(box, node, why) from None
    except subprocess.TimeoutExpired as error:
        raise _too_slow(box, node, f"{Path(error.cmd[0]).name} did not end") from None


def _too_slow(box: Box, node: Node, why: str) -> TimedOutError:
    return TimedOutError(
        f"no first data directory within {_LIMIT_S} s",
        on=node.name,
        why=f"{why}; its log: {box.dir(node.name) / 'patroni.log'}",
        hint="end what keeps the machine busy, then swapctl up",
    )


def _prepare(box: Box, node: Node) -> None:
    data, own = _data(box, node), _own(box)
    building, template = data.with_name("data.new"), _template(box)
    # One after the other: everybody waits for the first, and has it sooner when nobody else copies.
    with locked(own.with_suffix(".lock"), "first data directory", wait=_LIMIT_S):
        _unpack(box, template, building)
        if own.exists():
            _apply(box, own, building)
        else:
            _personalize_first(box, building, own)
        building.rename(data)
        if len(_with_data(box)) == len(box.of_kind("postgres")):
            shutil.rmtree(own)


def _data(box: Box, node: Node) -> Path:
    return box.dir(node.name) / "data"


def _own(box: Box) -> Path:
    """What makes the template this sandbox's own: kept until the last member has it."""
    return box.paths.root / "postgresql-first"


def _with_data(box: Box) -> list[str]:
    return [e.member for e in box.of_kind("postgres") if (box.dir(e.member) / "data").exists()]


def _personalize_first(box: Box, data: Path, own: Path) -> None:
    before = _files(data)
    _personalize(box, data)
    _extract(box, before, data, own)


def _personalize(box: Box, data: Path) -> None:
    """Make a copy of the template this sandbox's own: identifier, passwords, replication slots."""
    _new_identifier(box, data)
    slots = [e.member for e in box.of_kind("postgres", box.of_kind("postgres")[0].group)]
    slots += [DR_SLOT] if any(is_standby(box.topology, e.group) for e in box.of_kind("postgres")) else []
    # Patroni would make the slots a second or two later, and the standbys would wait for them.
    make = (
        f"SELECT pg_create_physical_replication_slot('{slot.replace('-', '_')}', true)" for slot in slots[1:]
    )
    _single_user(box, data, (*_password_sql(box), *make))


def _extract(box: Box, before: dict[str, tuple[int, int]], data: Path, own: Path) -> None:
    """Keep what differs from the template, for the other members."""
    building = own.with_name(own.name + ".new")
    _owned_directory(box, building)
    after = _files(data)
    changed = [name for name, stamp in after.items() if before.get(name) != stamp]
    _run(box, (*_COPY, "--parents", "-t", str(building), *changed), cwd=data)
    gone = [name for name in before if name not in after]
    (building / _GONE).write_text("".join(f"{name}\n" for name in gone))
    building.rename(own)


def _apply(box: Box, own: Path, data: Path) -> None:
    """Give a copy of the template what makes it this sandbox's own."""
    _run(
        box,
        (*_COPY, "-t", str(data), *(entry.name for entry in own.iterdir() if entry.name != _GONE)),
        cwd=own,
    )
    for name in (own / _GONE).read_text().splitlines():
        (data / name).unlink()


def _files(directory: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file, by its path in the directory."""
    found: dict[str, tuple[int, int]] = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            status = path.stat()
            found[str(path.relative_to(directory))] = (status.st_size, status.st_mtime_ns)
    return found


def _owned_directory(box: Box, path: Path) -> None:
    """An empty directory that belongs to the members' user."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)
    if box.unprivileged_user is not None:
        entry = pwd.getpwnam(box.unprivileged_user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _unpack(box: Box, template: Path, target: Path) -> None:
    """A copy of the template. One archive is read three times as fast as a thousand files."""
    _owned_directory(box, target)
    _run(box, ("tar", "--extract", "--file", str(template), "--directory", str(target)))


def _template(box: Box) -> Path:
    """The prepared directory of this PostgreSQL version as an archive, made at the first need."""
    postgres = box.binary("postgres")
    version = subprocess.run([postgres, "--version"], capture_output=True, check=True).stdout
    recipe = hashlib.sha256(version + repr((_INITDB, _TEMPLATE_SQL, _PACK)).encode()).hexdigest()[:16]
    cache = box.cache_dir / f"postgresql-{recipe}"
    cache.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    archive = cache / "data.tar"
    with locked(cache.with_suffix(".lock"), "template data directory", wait=_LIMIT_S):
        if not archive.exists():
            _make_template(box, cache, archive)
    return archive


def _make_template(box: Box, cache: Path, archive: Path) -> None:
    _owned_directory(box, cache)
    data, partial = cache / "data", cache / "data.tar.new"
    _run(box, (str(box.binary("initdb")), "-D", str(data), *_INITDB))
    _single_user(box, data, _TEMPLATE_SQL)
    _run(box, (*_PACK, "--file", str(partial), "--directory", str(data), "."))
    shutil.rmtree(data)
    partial.rename(archive)


def _new_identifier(box: Box, data: Path) -> None:
    """Give the copy a system identifier of its own: the control file's first 8 bytes.

    pg_resetwal then writes the control file's checksum and a first WAL segment with that identifier; it
    takes the values of a control file whose checksum is wrong when told to (-f).
    """
    control = data / "global" / "pg_control"
    with open(control, "r+b") as file:
        file.write(secrets.token_bytes(7) + b"\x00")
    _run(box, (str(box.binary("postgres").parent / "pg_resetwal"), "-f", "-D", str(data)))


def _password_sql(box: Box) -> tuple[str, ...]:
    secret = box.credentials.secret
    return tuple(
        f"ALTER ROLE {role} PASSWORD '{verifier(role, secret(name))}'" for role, name in _PASSWORDS.items()
    )


def _single_user(box: Box, data: Path, statements: tuple[str, ...]) -> None:
    """Run statements in the server's single-user mode, one a line; the first error ends it."""
    command = (
        str(box.binary("postgres")),
        "--single",
        "-D",
        str(data),
        "-F",
        "-c",
        "exit_on_error=on",
        "postgres",
    )
    _run(box, command, "".join(f"{statement}\n" for statement in statements))


def _run(box: Box, command: tuple[str, ...], text: str = "", cwd: Path = Path("/")) -> None:
    """Run a program as the member's user. Raises SwapskillError with what it said."""
    user = box.unprivileged_user
    entry = pwd.getpwnam(user) if user is not None else None
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        cwd=cwd,
        umask=0o077,
        timeout=_LIMIT_S,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        # marked as the members' processes are: `down` ends what a killed `up` was preparing
        env=process.environment(cwd, {}, process.marks_of(box.paths.root, _MARK)),
    )
    if done.returncode:
        raise SwapskillError(
            f"{Path(command[0]).name} failed with code {done.returncode}",
            why=done.stderr.strip()[-500:],
            hint="swapctl doctor",
        )
