"""A prediction as a sum whose terms explain it."""

from __future__ import annotations

from infra.timing.model import Prediction

Term = tuple[float, str]


def total(*terms: Term, note: str = "") -> Prediction:
    """The sum of the terms; its explanation lists them, then the note."""
    words = " + ".join(f"{round(seconds, 3):g} s {what}" for seconds, what in terms)
    return Prediction(round(sum(seconds for seconds, _ in terms), 2), words + (f"; {note}" if note else ""))


def unnoticed(why: str) -> Prediction:
    """Writes do not stop at all."""
    return Prediction(0.0, why)


def never(why: str) -> Prediction:
    """Writes stay stopped until somebody acts."""
    return Prediction(None, why)
