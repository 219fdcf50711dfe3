"""Armed faults on disk: written before a fault is applied, so that another process can lift it."""

from __future__ import annotations

import json
import os
from collections import UserDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster_cli.drills.faults._fault import Memo, Target
from cluster_cli.drills.records import Domain
from infra.context import Context
from infra.sandbox.process import ProcessId, identify

FOLDER = "armed"


class Kept(UserDict[str, str]):
    """A memo that is saved whenever a word of it is set."""

    def __init__(self, known: Mapping[str, str], save: Callable[[], None]) -> None:
        self.data = dict(known)
        self._save = save

    def __setitem__(self, key: str, item: str) -> None:
        super().__setitem__(key, item)
        self._save()


@dataclass
class Armed:
    """One armed fault and the process that armed it."""

    path: Path
    fault: str
    run_id: str
    target: Target
    by: ProcessId
    """The process that armed it, told from any other that gets its pid later."""
    memo: Memo = field(default_factory=dict[str, str])
    """Saved to disk with each word that is set."""

    def __post_init__(self) -> None:
        self.memo = Kept(self.memo, self.save)

    def save(self) -> None:
        """Write it to disk, file and directory entry synchronised."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._document(), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def _document(self) -> dict[str, Any]:
        return {
            "fault": self.fault,
            "run_id": self.run_id,
            "members": self.target.members,
            "affected": {name: sorted(paths) for name, paths in self.target.affected.items()},
            "groups": dict(self.target.groups),
            "by": self.by.__dict__,
            "memo": dict(self.memo),
        }

    def forget(self) -> None:
        """The fault is lifted: nothing is left to undo."""
        self.path.unlink(missing_ok=True)

    @property
    def orphaned(self) -> bool:
        """Whether the process that armed it is gone."""
        return not self.by.alive


def arm(ctx: Context, fault: str, run_id: str, target: Target, memo: Memo | None = None) -> Armed:
    """Write down a fault that is about to be applied by this process."""
    path = ctx.state_dir / FOLDER / f"{run_id}-{fault}.json"
    myself = identify(os.getpid())
    assert myself is not None, "the process that asks is alive"
    armed = Armed(path, fault, run_id, target, myself, memo or {})
    armed.save()
    return armed


def all_armed(ctx: Context) -> tuple[Armed, ...]:
    """Every fault that was armed on this cluster and not lifted."""
    return armed_in(ctx.state_dir)


def armed_in(state_dir: Path) -> tuple[Armed, ...]:
    """The same for the cluster that keeps its state in a directory, also when it does not run."""
    return tuple(_load(path) for path in sorted((state_dir / FOLDER).glob("*.json")))


def _load(path: Path) -> Armed:
    raw: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    affected: dict[Domain, frozenset[str]] = {k: frozenset(v) for k, v in raw["affected"].items()}
    target = Target(tuple(raw["members"]), affected, raw["groups"])
    # an older record has the start by the wall clock, which may be set: its process counts as gone
    by = ProcessId(**raw["by"]) if "by" in raw else ProcessId(raw["pid"], 0, "")
    return Armed(path, raw["fault"], raw["run_id"], target, by, raw["memo"])
