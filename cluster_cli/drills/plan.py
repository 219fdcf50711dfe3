"""What one run was asked to do, and the ids that belong to it."""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass

PREFIX_BYTES = 6
"""Every id of a run begins with the same bytes, so that a range of the key finds all of them again."""


@dataclass(frozen=True)
class RunPlan:
    """The parameters that workloads, faults and the runner share."""

    run_id: str
    seed: int
    sabotage: str | None = None
    under_test: frozenset[str] = frozenset()
    """The paths that the faults hit: only there a sabotage of the load acts."""

    def breaks(self, kind: str, path: str) -> bool:
        """Whether the run's sabotage is of this kind and acts on this path."""
        return self.sabotage == kind and path in self.under_test

    @property
    def prefix(self) -> bytes:
        """The first bytes of every id of this run."""
        return hashlib.sha256(self.run_id.encode()).digest()[:PREFIX_BYTES]

    def id_of(self, *words: str | int) -> uuid.UUID:
        """The id of a value, always the same for the same words."""
        seed = "\0".join(str(word) for word in (self.run_id, *words)).encode()
        rest = hashlib.sha256(seed).digest()[: 16 - PREFIX_BYTES]
        return uuid.UUID(bytes=self.prefix + rest)

    @property
    def id_range(self) -> tuple[uuid.UUID, uuid.UUID]:
        """The smallest and the largest id of this run, both included."""
        rest = 16 - PREFIX_BYTES
        return uuid.UUID(bytes=self.prefix + bytes(rest)), uuid.UUID(bytes=self.prefix + b"\xff" * rest)

    def random(self, *words: str | int) -> random.Random:
        """A generator of its own for each use, so that one more draw here changes nothing there."""
        return random.Random("/".join(str(word) for word in (self.seed, *words)))
