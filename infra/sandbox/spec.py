"""What a node of a sandbox consists of: files, certificates, processes. Plain data, no effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RenderedFile:
    """A configuration file to write before the start."""

    path: Path
    text: str
    mode: int = 0o600


@dataclass(frozen=True)
class ProcessSpec:
    """One process of a member.

    `unprivileged`: runs as the unprivileged user when swapctl runs as root.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    unprivileged: bool = False
    stale_files: tuple[Path, ...] = ()
    """Files that a killed predecessor left and that would keep the process from starting (pid files)."""


@dataclass(frozen=True)
class NodePlan:
    """Everything that one node needs on this machine."""

    member: str
    processes: tuple[ProcessSpec, ...]
    files: tuple[RenderedFile, ...] = ()
    directories: tuple[Path, ...] = ()
    certificates: tuple[str, ...] = ()
    """Names of further certificates that the member reads, besides its own."""
    unprivileged: bool = False
    """The member's files belong to the unprivileged user when swapctl runs as root."""
    prepare: Callable[[], None] | None = None
    """Runs beside the processes, which wait for its end (a first data directory)."""
