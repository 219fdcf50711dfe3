"""Whether the engines that are found are those that the topology names: a report tells of no others."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra.sandbox import binaries
from infra.sandbox.machine import Problem, chosen_programs
from infra.topology import Topology

# program -> (key under `versions`, how many numbers make a release line)
ENGINES = {"mongod": ("mongodb", 2), "mongos": ("mongodb", 2), "postgres": ("postgresql", 1)}
_TIMEOUT_S = 30.0


def problems(topology: Topology) -> Iterator[Problem]:
    """Every engine of another release line than the topology's, and every one that does not say its own."""
    for program, path in chosen_programs(topology).items():
        if program not in ENGINES or not os.access(path, os.X_OK):
            continue  # one that is missing is told as such
        key, numbers = ENGINES[program]
        wanted: str = getattr(topology.versions, key)
        found = version_of(Path(path))
        if found is None:
            yield Problem("it does not answer --version", path, binaries.another(program, wanted))
        elif why := mismatch(wanted, found, numbers):
            cure = f'{binaries.another(program, wanted)}; or versions.{key}: "{found}" in the topology'
            yield Problem(why, path, cure)


def mismatch(wanted: str, found: str, numbers: int) -> str | None:
    """Why a version is not of the wanted release line, whose first `numbers` numbers count; else None."""
    length = min(numbers, wanted.count(".") + 1)
    if wanted.split(".")[:length] == found.split(".")[:length]:
        return None
    return f"it is {found}, the topology says {wanted}"


def version_of(program: Path) -> str | None:
    """What the program answers to --version, such as `6.0.5`; None when it cannot run or says no number."""
    try:
        done = subprocess.run(
            (program, "--version"), capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\bv?(\d+(?:\.\d+)*)", done.stdout)
    return number[1] if number else None
