"""`swapctl` as a process of its own, as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cluster_cli.waiting import wait_until

SWAPCTL = str(Path(sys.executable).with_name("swapctl"))


def swapctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, three minutes at most; what it wrote and its exit code."""
    return subprocess.run([SWAPCTL, *arguments], capture_output=True, text=True, check=False, timeout=180)


def is_healthy(name: str) -> bool:
    """Whether `swapctl status` says so within half a minute: of a busy host a member answers late."""
    return wait_until(lambda: swapctl("status", "--context", name).returncode == 0, 30, 0.5)


def forget(name: str) -> None:
    """End a sandbox and forget it, whatever became of it."""
    swapctl("down", "--purge", "--yes", "--name", name)
