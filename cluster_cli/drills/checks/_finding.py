"""What a check answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Result = Literal["pass", "fail", "unknown"]


class Finding(NamedTuple):
    """A check's answer and the sentence behind it."""

    result: Result
    reason: str


def some(ids: Iterable[str], limit: int = 3) -> str:
    """The first ids of many, and how many more there are."""
    listed = list(ids)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
