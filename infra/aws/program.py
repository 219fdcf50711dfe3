"""The program of every stack: settings and topology in, resources and outputs out."""

from __future__ import annotations

from infra.aws.outputs import Outputs
from infra.aws.settings import Settings
from infra.topology import Topology


def declare(settings: Settings, topology: Topology) -> Outputs:
    """Declare all resources of a stack. Runs inside a Pulumi run; nothing is read from the environment."""
    raise NotImplementedError


def run() -> None:
    """The CLI's entry: configuration, topology, declaration, outputs."""
    raise NotImplementedError
