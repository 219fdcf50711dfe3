"""Time-outs that follow from a topology's promises."""

from infra.timing.model import (
    Etcd,
    Haproxy,
    Mongodb,
    Patroni,
    Pgbouncer,
    Postgresql,
    Prediction,
    Timing,
)
from infra.timing.solve import solve

__all__ = [
    "Etcd",
    "Haproxy",
    "Mongodb",
    "Patroni",
    "Pgbouncer",
    "Postgresql",
    "Prediction",
    "Timing",
    "solve",
]
