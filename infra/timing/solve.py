"""From a topology's promises to time-outs, predictions and what is given up."""

from __future__ import annotations

from dataclasses import replace

from app_core.errors import UsageError
from infra.timing.choose import fastest
from infra.timing.model import Prediction, Timing
from infra.timing.predict_payments import predict_payments
from infra.timing.predict_social import predict_social
from infra.timing.promises_payments import given_up, judge_payments
from infra.timing.promises_social import judge_social
from infra.timing.shortfall import Shortfall
from infra.topology.model import Topology


def solve(topology: Topology) -> Timing:
    """The fastest safe time-outs with predictions. Raises UsageError when the SLA cannot be met by them."""
    missed = missed_promises(topology)
    if missed:
        raise UsageError(
            "the SLA cannot be met",
            on=topology.name,
            why="; ".join(item.sentence for item in missed),
            hint=f"swapctl topology check {topology.name}",
        )
    return _predicted(topology)


def missed_promises(topology: Topology) -> tuple[Shortfall, ...]:
    """Every promise that even the fastest safe time-outs cannot keep."""
    predicted = _predicted(topology).predicted
    judged: list[Shortfall] = []
    if topology.payments:
        judged += judge_payments(topology, topology.payments, predicted)
    if topology.social:
        judged += judge_social(topology, topology.social, predicted)
    return tuple(item for item in judged if item.real)


def _predicted(topology: Topology) -> Timing:
    timing = fastest()
    predicted: dict[str, Prediction] = {}
    if topology.payments:
        predicted |= predict_payments(topology.payments, timing)
    if topology.social:
        predicted |= predict_social(topology.social, timing)
    lost = given_up(topology.payments, predicted) if topology.payments else ()
    return replace(timing, predicted=predicted, given_up=lost)
