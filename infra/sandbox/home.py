"""Where sandboxes live on this machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from app_core.errors import RefusedError, UsageError
from infra.locks import OPERATION

_NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
_SANDBOXES = "sandboxes"
UNPRIVILEGED_USER = "postgres"
TTL = "ttl"
"""The mark of the process that ends a sandbox when its time is over: no member, though found like one."""


def home() -> Path:
    """The state directory: $SWAPCTL_HOME, else /var/lib/swapctl for root, else the XDG state directory.

    Raises RefusedError (6) when it is there and this user may not look into it.
    """
    chosen = _chosen_home()
    if not _may_look(chosen / _SANDBOXES):
        raise RefusedError(
            "the state directory belongs to another user",
            on=str(chosen),
            why=f"user {os.geteuid()} may not look into it",
            hint="export SWAPCTL_HOME=DIRECTORY",
        )
    return chosen


def _may_look(directory: Path) -> bool:
    """Whether the directory can be listed, or is not there."""
    try:
        os.stat(directory)
    except PermissionError:
        return False
    except OSError:
        return True
    return os.access(directory, os.R_OK | os.X_OK, effective_ids=True)


def _chosen_home() -> Path:
    chosen = os.environ.get("SWAPCTL_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/swapctl")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "swapctl"


def is_name(name: str) -> bool:
    """Whether a sandbox can be called so."""
    return _NAME.fullmatch(name) is not None


def check_name(name: str) -> str:
    """The name itself, or UsageError: it becomes a directory, a certificate and part of socket paths."""
    if not is_name(name):
        raise UsageError(
            "not a sandbox name",
            on=name,
            why="wanted: a lower-case letter, then up to 23 lower-case letters, digits or '-'",
            hint="swapctl up --name demo",
        )
    return name


@dataclass(frozen=True)
class SandboxPaths:
    """The directory of one sandbox and what is where in it."""

    root: Path

    @property
    def state(self) -> Path:
        """The sandbox's state file."""
        return self.root / "sandbox.json"

    @property
    def topology(self) -> Path:
        """The topology as it was at the first `up`."""
        return self.root / "topology.yaml"

    @property
    def credentials(self) -> Path:
        """Secrets and certificates."""
        return self.root / "credentials"

    @property
    def lock(self) -> Path:
        """The lock of `up` and `down`: beside the directory, so that purge can hold it to the end."""
        return self.root.with_name(f".{self.root.name}.lock")

    @property
    def purged(self) -> Path:
        """Where the directory goes before it is removed: what is there is forgotten, and no sandbox."""
        return self.root.with_name(f".{self.root.name}.purged")

    @property
    def operation(self) -> Path:
        """The lock of operations on the cluster: drills, switchovers, rescue."""
        return self.root / OPERATION

    def member(self, member: str) -> Path:
        """A member's own directory."""
        return self.root / "members" / member

    def run(self, member: str) -> Path:
        """A member's sockets: a short path (107 bytes is the limit of a socket's address)."""
        return self.root / "run" / member

    def record(self, member: str, process: str) -> Path:
        """The recorded identity of one process."""
        return self.root / "processes" / f"{member}.{process}.json"


def sandboxes_dir() -> Path:
    """The directory of all sandboxes of this user."""
    return home() / _SANDBOXES


def paths(name: str) -> SandboxPaths:
    """The paths of a sandbox, which may not exist."""
    return SandboxPaths(sandboxes_dir() / check_name(name))


def unprivileged_user() -> str | None:
    """The user that PostgreSQL runs as: None means the current one (initdb refuses root)."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None
