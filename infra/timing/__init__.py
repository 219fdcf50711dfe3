"""Time-outs that follow from a topology's promises."""

from infra.timing.model import (
    Etcd,
    GivenUp,
    Haproxy,
    Mongodb,
    Patroni,
    Pgbouncer,
    Postgresql,
    Prediction,
    Timing,
)
from infra.timing.solve import missed_promises, solve

__all__ = [
    "Etcd",
    "GivenUp",
    "Haproxy",
    "Mongodb",
    "Patroni",
    "Pgbouncer",
    "Postgresql",
    "Prediction",
    "Timing",
    "missed_promises",
    "solve",
]
