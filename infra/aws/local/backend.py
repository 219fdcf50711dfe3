"""Who answers for the cloud when a resource is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.aws.local.graph import Resource


@dataclass(frozen=True)
class Answer:
    """What a registration gives back. id "": unknown. complete: False = outputs not named are unknown."""

    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    complete: bool = True


class Backend(Protocol):
    """Answers registrations and data sources, in the order in which the program's references allow."""

    dry_run: bool

    def register(self, resource: Resource) -> Answer:
        """The id and outputs of a resource; its inputs are final."""
        ...

    def invoke(self, token: str, arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
        """The answer of a data source."""
        ...


class Preview:
    """Answers as a true preview does: whatever the cloud would compute is unknown."""

    dry_run = True

    def register(self, resource: Resource) -> Answer:
        """No id, no outputs."""
        return Answer()

    def invoke(self, token: str, arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
        """Data sources are asked in a preview too: answered from what is known without an account."""
        from infra.aws.local.datasources import answer

        return answer(token, arguments, region)
