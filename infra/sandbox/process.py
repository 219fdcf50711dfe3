"""Processes by pid and start time: started detached, found again, ended, frozen. Never by name.

A process carries two marks in its environment, the sandbox's directory and the member's name, so that
one started by a swapctl that was killed before it could write the record is found all the same.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.credentials import write_private
from infra.sandbox.sockets import remove_stale
from infra.sandbox.spec import ProcessSpec

SANDBOX_MARK = "SWAPCTL_SANDBOX"
MEMBER_MARK = "SWAPCTL_MEMBER"
_POLL_S = 0.01


@dataclass(frozen=True)
class ProcessId:
    """A process beyond doubt: its pid, its start in clock ticks since boot, and the boot."""

    pid: int
    ticks: int
    boot: str

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        return self.boot == boot_id() and start_ticks(self.pid) == self.ticks


def boot_id() -> str:
    """The kernel's identifier of this boot: pids and ticks mean nothing across it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def start_ticks(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot; None when it is gone or a zombie."""
    fields = _stat(pid)
    return None if fields is None or _has_ended(fields) else int(fields[19])


def _has_ended(fields: list[str]) -> bool:
    """Whether all threads have: while one has not, a zombie's sockets and ports are still open."""
    return fields[0] in "ZX" and int(fields[17]) <= 1


def is_frozen(pid: int) -> bool:
    """Whether the process is stopped by a signal."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "T"


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (the name before it may hold blanks)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def identify(pid: int) -> ProcessId | None:
    """The identity of a live process, or None."""
    ticks = start_ticks(pid)
    return None if ticks is None else ProcessId(pid, ticks, boot_id())


def myself() -> ProcessId:
    """The identity of this process."""
    identity = identify(os.getpid())
    assert identity is not None  # it runs
    return identity


def save(path: Path, identity: ProcessId) -> None:
    """Record an identity."""
    write_private(path, json.dumps(identity.__dict__))


def load(path: Path) -> ProcessId | None:
    """A recorded identity; None when there is none or the record is damaged."""
    try:
        return ProcessId(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def spawn(
    spec: ProcessSpec, directory: Path, marks: dict[str, str], user: str | None
) -> subprocess.Popen[bytes]:
    """Start a process detached from this one: own process group, log file, minimal environment."""
    remove_stale(spec.stale_files)
    account = _account(user)
    with open(spec.log, "ab") as log:
        return subprocess.Popen(
            spec.argv,
            cwd=directory,
            env=environment(directory, spec.env, marks),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )


def run(
    argv: Sequence[str],
    directory: Path,
    marks: dict[str, str],
    user: str | None,
    stdin: str | None,
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as a member's processes run; subprocess.TimeoutExpired after `timeout` s."""
    account = _account(user)
    return subprocess.run(
        argv,
        cwd=directory,
        env=environment(directory, {}, marks),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        start_new_session=True,
        umask=0o077,
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )


def environment(directory: Path, extra: Mapping[str, str], marks: dict[str, str]) -> dict[str, str]:
    """What a member's process inherits: nothing of the caller's environment."""
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(directory)}
    return {**base, **extra, **marks}


def marks_of(sandbox: Path, member: str) -> dict[str, str]:
    """The environment variables by which a member's process is found again."""
    return {SANDBOX_MARK: str(sandbox), MEMBER_MARK: member}


@dataclass(frozen=True)
class _Account:
    """The user to become; all None means: stay who we are."""

    uid: int | None
    gid: int | None
    groups: list[int] | None


def _account(user: str | None) -> _Account:
    if user is None:
        return _Account(None, None, None)
    entry = pwd.getpwnam(user)
    return _Account(entry.pw_uid, entry.pw_gid, os.getgrouplist(user, entry.pw_gid))


def marked(sandbox: Path, *members: str) -> tuple[int, ...]:
    """Live processes with the sandbox's mark (and one of the members'), and all that descend from them.

    Descendants count because PostgreSQL's backends overwrite the environment that /proc shows.
    """
    ours = f"{SANDBOX_MARK}={sandbox}".encode()
    wanted = {f"{MEMBER_MARK}={member}".encode() for member in members}
    parents = _parents()
    roots = [pid for pid in parents if pid != os.getpid() and _has_marks(pid, ours, wanted)]
    return with_descendants(roots, parents)


def roots(pids: tuple[int, ...]) -> tuple[int, ...]:
    """Those of the processes whose parent is not among them."""
    return tuple(pid for pid in pids if (fields := _stat(pid)) and int(fields[1]) not in pids)


def sandbox_of(pid: int) -> Path | None:
    """The directory of the sandbox to which the process belongs, of whichever state directory."""
    prefix = f"{SANDBOX_MARK}=".encode()
    marks = [word for word in _environment(pid) if word.startswith(prefix)]
    return Path(os.fsdecode(marks[0].removeprefix(prefix))) if marks else None


def program(pid: int) -> str:
    """The file name of the program that a process runs; empty when it is gone."""
    try:
        # the kernel's word for a file that an upgrade replaced under the process
        return Path(os.readlink(f"/proc/{pid}/exe")).name.removesuffix(" (deleted)")
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    """What the process was started with; nothing where that is another user's, or gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return []


def _has_marks(pid: int, ours: bytes, wanted: set[bytes]) -> bool:
    environment = _environment(pid)
    return ours in environment and (not wanted or not wanted.isdisjoint(environment))


def _parents() -> dict[int, int]:
    """Every live process and its parent."""
    found: dict[int, int] = {}
    for pid in all_pids():
        fields = _stat(pid)
        if fields is not None and not _has_ended(fields):
            found[pid] = int(fields[1])
    return found


def all_pids() -> Iterator[int]:
    """The number of every process of this machine."""
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def with_descendants(roots: Iterable[int], parents: dict[int, int] | None = None) -> tuple[int, ...]:
    """The processes and all that descend from them, parents first."""
    parents = _parents() if parents is None else parents
    ordered = list(dict.fromkeys(roots))
    seen = set(ordered)
    for pid in ordered:  # grows while it is walked
        for child, parent in parents.items():
            if parent == pid and child not in seen:
                seen.add(child)
                ordered.append(child)
    return tuple(ordered)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal processes; those that are gone by now do not matter."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_gone(pids: Iterable[int], timeout: float) -> tuple[int, ...]:
    """Wait until the processes are gone; the ones that still live after `timeout` seconds."""
    end = time.monotonic() + timeout
    left = tuple(pids)
    while left and time.monotonic() < end:
        _reap(left)
        left = tuple(pid for pid in left if start_ticks(pid) is not None)
        if left:
            time.sleep(_POLL_S)
    return left


def _reap(pids: Iterable[int]) -> None:
    """Collect our own dead children; the children of others are not ours to wait for."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue
