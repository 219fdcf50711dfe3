"""Whether the engines that are found are those that the topology names, or others that it may take."""

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
    """Every engine of a line that this topology may not take, and every one that does not say its own.

    A throw-away cluster takes any line that is not known to be bad (reports say which it was).
    """
    for program, path in chosen_programs(topology).items():
        if program not in ENGINES or not os.access(path, os.X_OK):
            continue  # one that is missing is told as such
        key, numbers = ENGINES[program]
        wanted: str = getattr(topology.versions, key)
        found = version_of(Path(path))
        if found is None:
            yield Problem("it does not answer --version", path, binaries.another(program, wanted))
        elif not may_take(topology, key, found) and (why := mismatch(wanted, found, numbers)):
            cure = f'{binaries.another(program, wanted)}; or versions.{key}: "{found}" in the topology'
            yield Problem(why, path, cure)


def may_take(topology: Topology, engine: str, version: str) -> bool:
    """Whether a cluster may run another line of an engine than its topology names."""
    if topology.class_ != "ephemeral":
        return False
    instead = topology.versions.model_copy(update={engine: version})
    bad = {name for name, _, _ in instead.known_bad()}
    return topology.versions.allow_known_bad or engine not in bad


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
