"""A promise held against what can be reached, and the judgement that both domains share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.timing.model import Prediction
from infra.topology.model import Topology

Predicted = Mapping[str, Prediction]
RAISE = "raise it, or promise nothing (null)"


@dataclass(frozen=True)
class Shortfall:
    """A promise that the topology cannot keep. reachable: the best figure in seconds, None = none at all."""

    promise: str
    promised: float
    reachable: float | None
    why: str
    fix: str = RAISE

    @property
    def real(self) -> bool:
        """Whether the best figure misses the promise."""
        return self.reachable is None or self.reachable > self.promised

    @property
    def sentence(self) -> str:
        """The whole as one sentence."""
        return f"{self.promise}: {self.reason}; {self.fix}"

    @property
    def reason(self) -> str:
        """The promised and the best figure, and what the latter consists of."""
        best = "no figure can be promised" if self.reachable is None else f"the best is {self.reachable:g} s"
        return f"{self.promised:g} s cannot be kept, {best} ({self.why})"


def takeover(
    name: str, promised: float, lost: str | None, predicted: Predicted, cases: Iterable[str]
) -> Shortfall:
    """A promise judged by the worst of some cases; by none of them when what is lost leaves no quorum."""
    if lost:
        return Shortfall(name, promised, None, lost)
    seconds, why = _worst(predicted, cases)
    return Shortfall(name, promised, seconds, why)


def places(topology: Topology) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """SLA case -> the hosts or zones of the primary region that the case may take away."""
    zones = topology.zones()
    hosts = tuple(host.name for host in topology.hosts if host.zone in zones)
    return (("member", hosts), ("zone", zones))


def _worst(predicted: Predicted, cases: Iterable[str]) -> tuple[float | None, str]:
    found = {case: predicted[case] for case in cases}
    endless = [item.explanation for item in found.values() if item.seconds is None]
    if endless:
        return None, endless[0]
    case, item = max(found.items(), key=lambda pair: pair[1].seconds or 0)
    return item.seconds, f"{case}: {item.explanation}"
