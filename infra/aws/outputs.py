"""What a stack tells others: the contract that the inventory and `swapctl context` read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class Outputs:
    """The stack's outputs by their names in the contract; values may be Pulumi outputs."""

    values: Mapping[str, Any]
