"""The state of a sandbox on disk: read, checked, written atomically."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from app_core.errors import RefusedError
from infra.credentials import write_private
from infra.sandbox.home import SandboxPaths, is_name, sandboxes_dir
from infra.utc import now as now  # states are made with it

STATE_VERSION = 2
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SandboxState:
    """What `up` decided and how far it came.

    `phase`: `starting` (a first `up` runs, or was killed: there are no data yet), `running`, `stopped`,
    `restarting` (an `up` of a stopped one). `ttl_until`: when it ends by itself, RFC 3339. `programs`: the
    paths that the last `up` chose, by name; None in a file of version 1, which recorded none.
    """

    name: str
    topology: str
    ports: dict[str, dict[str, int]]
    created_at: str
    phase: str = "starting"
    ttl_until: str | None = None
    programs: dict[str, str] | None = None
    version: int = STATE_VERSION

    def with_phase(self, phase: str) -> SandboxState:
        """The same state in another phase."""
        return replace(self, phase=phase)


def write(paths: SandboxPaths, state: SandboxState) -> None:
    """Write the state file (0600), in this version's form."""
    current = replace(state, version=STATE_VERSION)
    write_private(paths.state, json.dumps(asdict(current), indent=1) + "\n")


def read(paths: SandboxPaths) -> SandboxState | None:
    """The state, or None when there is no sandbox there.

    Raises RefusedError when the file is damaged or from a newer swapctl.
    """
    try:
        raw = json.loads(paths.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(paths.state, str(error)) from error
    return _parse(paths.state, raw)


def _parse(path: Path, raw: object) -> SandboxState:
    if not isinstance(raw, dict):
        raise _damaged(path, "not an object")
    keys = cast("dict[str, Any]", raw)
    version: object = keys.get("version")
    if isinstance(version, int) and version > STATE_VERSION:
        raise RefusedError(
            "the state directory was written by a newer swapctl",
            on=str(path),
            why=f"version {version}, this one knows {STATE_VERSION}",
            hint="upgrade this checkout, or set SWAPCTL_HOME to another directory",
        )
    try:
        return SandboxState(**keys)
    except TypeError as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> RefusedError:
    return RefusedError(
        "the sandbox's state file is damaged",
        on=str(path),
        why=why,
        hint=f"swapctl down --purge --name {path.parent.name}",
    )


def all_paths() -> Iterator[SandboxPaths]:
    """The paths of every sandbox of this user."""
    return (SandboxPaths(path) for path in _directories() if is_name(path.name))


def half_purged() -> Iterator[SandboxPaths]:
    """The paths of every sandbox of which a purge that was killed, or still runs, left something."""
    for path in _directories():
        where = SandboxPaths(path.with_name(path.name.removeprefix(".").removesuffix(".purged")))
        if is_name(where.root.name) and where.purged == path:
            yield where


def strangers() -> list[Path]:
    """Directories among the sandboxes that are none, such as a copy that somebody made."""
    return [path for path in _directories() if not is_name(path.name) and not path.name.startswith(".")]


def _directories() -> list[Path]:
    directory = sandboxes_dir()
    return sorted(path for path in directory.iterdir() if path.is_dir()) if directory.is_dir() else []


def all_states() -> dict[str, SandboxState]:
    """Every readable sandbox's state by name; one that cannot be read is told on stderr and left out."""
    found: dict[str, SandboxState] = {}
    for paths in all_paths():
        try:
            state = read(paths)
        except RefusedError as error:
            _tell(f"left out: {error}; try: {error.hint}")
            continue
        if state is not None:
            found[paths.root.name] = state
    return found


@cache
def _tell(sentence: str) -> None:
    """Once a command, however often it looks: without other handlers, warnings go to stderr as they are."""
    log.warning("%s", sentence)
