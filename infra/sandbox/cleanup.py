"""Ends everything that a sandbox runs, also what a killed swapctl left behind."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import cast

from app_core.errors import SwapskillError
from infra.sandbox import process, shared_memory
from infra.sandbox.home import SandboxPaths

# MongoDB's journal is written every 100 ms: what was acknowledged with w:1 before the clients were cut
# off is on disk after this pause, so that `down` and `up` keep it.
_JOURNAL_PAUSE_S = 0.15
_KILL_TIMEOUT_S = 5.0


def stop_everything(paths: SandboxPaths, entrances: tuple[str, ...] = ()) -> int:
    """End every process of the sandbox; returns how many there were.

    `entrances`: routers and proxies, cut first so that no client is acknowledged after its data could
    still reach the disk. Raises SwapskillError when a process survives SIGKILL for 5 s.
    """
    ended = len(process.marked(paths.root))
    door = process.marked(paths.root, *entrances) if entrances else ()
    if door:
        process.send(door, signal.SIGKILL)
        time.sleep(_JOURNAL_PAUSE_S)
    _kill_all(paths)
    shared_memory.remove_left(paths.root)
    shutil.rmtree(paths.root / "processes", ignore_errors=True)
    return ended


def _kill_all(paths: SandboxPaths) -> None:
    end = time.monotonic() + _KILL_TIMEOUT_S
    # again and again: a process may have started a child between the look and the signal
    while pids := [pid for pid in process.marked(paths.root) if pid != os.getpid()]:
        if time.monotonic() > end:
            raise SwapskillError(
                "processes survive SIGKILL",
                on=paths.root.name,
                why="pids " + ", ".join(map(str, pids)),
                hint=f"swapctl down --name {paths.root.name}",
            )
        process.send(pids, signal.SIGKILL)
        process.wait_gone(pids, timeout=1.0)


def purge(paths: SandboxPaths) -> None:
    """Forget the sandbox's data, credentials and state; its processes have ended.

    In one step it is no sandbox any more, so that no command takes what a killed purge left for a whole
    one; `finish_purge` removes that. Raises SwapskillError naming what cannot be removed, and why.
    """
    finish_purge(paths)
    try:
        paths.root.rename(paths.purged)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _not_removed(paths.root, error) from error
    finish_purge(paths)


def finish_purge(paths: SandboxPaths) -> None:
    """Remove what a purge renamed; nothing to do where none was killed. Raises as `purge` does."""
    errors: list[OSError] = []
    shutil.rmtree(paths.purged, onerror=lambda _, __, error: errors.append(cast(OSError, error[1])))
    if paths.purged.exists():
        raise _not_removed(paths.purged, errors[0])


def _not_removed(directory: Path, error: OSError) -> SwapskillError:
    return SwapskillError(
        "the sandbox's directory cannot be removed",
        on=str(directory),
        why=f"{error.strerror}: {error.filename}",
        hint=f"rm -r {directory}, as the user to whom that belongs",
    )
