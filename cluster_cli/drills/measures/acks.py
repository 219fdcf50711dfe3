"""The acknowledgements of a path: what most figures are computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from cluster_cli.drills.records import Domain, Op


class Ack(NamedTuple):
    """One acknowledged write: when it was acknowledged (run seconds) and to whom."""

    at: float
    client: str


def acks_of(ops: Iterable[Op], domain: Domain, paths: Collection[str]) -> tuple[Ack, ...]:
    """The acknowledgements of a domain's paths, in the order of their time."""
    return tuple(
        sorted(
            Ack(op.completed, op.client)
            for op in ops
            if op.outcome == "acked" and op.domain == domain and op.path in paths
        )
    )
