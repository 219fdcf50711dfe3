"""What a rule returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One refusal: the object, why it is refused, and what to do instead."""

    object: str
    why: str
    fix: str

    @property
    def sentence(self) -> str:
        """The refusal as one sentence."""
        return f"{self.object}: {self.why}; {self.fix}"
