"""Classes of personal data, and what each means for an export, an erasure and a log line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Personal = Literal[
    "none", "pseudonym", "identifying", "contact", "location", "content", "sensitive", "secret"
]
Erasing = Literal["kept", "deleted", "anonymised"]


@dataclass(frozen=True)
class Handling:
    """What may and must be done with a class of data.

    exported: part of what a member gets when they ask for their data. erased: what an erasure does to it.
    logged: may stand in a log line as it is.
    """

    says: str
    exported: bool
    erased: Erasing
    logged: bool


HANDLING: Mapping[Personal, Handling] = {
    "none": Handling("says nothing about a person", exported=True, erased="kept", logged=True),
    "pseudonym": Handling("the id of a member", exported=True, erased="kept", logged=True),
    "identifying": Handling("names a person", exported=True, erased="deleted", logged=False),
    "contact": Handling("reaches a person", exported=True, erased="deleted", logged=False),
    "location": Handling("where a person is", exported=True, erased="deleted", logged=False),
    "content": Handling("what a person wrote or made", exported=True, erased="anonymised", logged=False),
    "sensitive": Handling(
        "what others said about a person", exported=False, erased="anonymised", logged=False
    ),
    "secret": Handling("proves an identity", exported=False, erased="deleted", logged=False),
}
