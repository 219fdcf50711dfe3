"""The verdict on a run: pass, fail, unknown or invalid, with every reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cluster_cli.drills.checks import Finding, Verdict
from cluster_cli.drills.evidence import Promise
from cluster_cli.drills.records import Domain

LEAST_ACKS = 1000
"""Fewer acknowledgements on the path under test prove nothing."""
NEEDED = "are needed to judge it"
"""How the reason ends that is no broken promise: there was too little to see."""
EXIT_CODES: Mapping[Verdict, int] = {"pass": 0, "fail": 1, "unknown": 9, "invalid": 9}


@dataclass(frozen=True)
class Figures:
    """What the verdict needs of one affected domain."""

    acked: int
    rto: float | None
    election: float | None


@dataclass(frozen=True)
class Judgement:
    """A verdict and why."""

    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """The process's exit code for it."""
        return EXIT_CODES[self.verdict]


def decide(
    findings: Sequence[tuple[str, Finding]],
    figures: Mapping[Domain, Figures],
    promises: Mapping[Domain, Promise],
    *,
    unproved: Sequence[str] = (),
    barren: str | None = None,
    stopped: str | None = None,
) -> Judgement:
    """Merge everything: invalid before fail before unknown before pass; all reasons are kept.

    `unproved`: faults without proof. `barren`: why the run, though proved, shows nothing (a drill that
    must lose writes lost none). `stopped`: the stop condition that lifted the fault early.
    """
    invalid = [f"the fault {name} has no proof that it landed" for name in unproved]
    invalid += [barren] if barren else []
    failed = [f"stopped by {stopped}"] if stopped else []
    failed += [f"{name}: {f.reason}" for name, f in findings if f.result == "fail"]
    unknown = [f"{name}: {f.reason}" for name, f in findings if f.result == "unknown"]
    for domain, figure in figures.items():
        promise = promises.get(domain, Promise())
        failed += broken_promises(domain, figure, promise, stopped=bool(stopped))
        unseen = promise.election is not None and figure.election is None
        if unseen and not unproved and not stopped:
            unknown.append(f"{domain}: no election was seen, the SLA allows {promise.election:g} s for it")
        if figure.acked < LEAST_ACKS:
            unknown.append(
                f"{domain}: only {figure.acked} acknowledged writes on the path under test, "
                f"{LEAST_ACKS} {NEEDED}"
            )
    verdicts: tuple[tuple[Verdict, list[str]], ...] = (
        ("invalid", invalid),
        ("fail", failed),
        ("unknown", unknown),
    )
    verdict: Verdict = "pass"
    for name, found in reversed(verdicts):
        verdict = name if found else verdict
    return Judgement(verdict, tuple(reason for _, reasons in verdicts for reason in reasons))


def broken_promises(domain: Domain, figure: Figures, promise: Promise, *, stopped: bool = False) -> list[str]:
    """The promises of recovery and election time that a domain broke."""
    broken: list[str] = []
    if figure.rto is None:
        ending = "were not back when the run was stopped" if stopped else "never came back"
        broken.append(f"{domain}: writes {ending}")
    elif promise.rto is not None and figure.rto > promise.rto:
        broken.append(f"{domain}: back after {figure.rto:.1f} s, the SLA allows {promise.rto:g} s")
    if promise.election is not None and figure.election is not None and figure.election > promise.election:
        broken.append(
            f"{domain}: elected after {figure.election:.1f} s, the SLA allows {promise.election:g} s"
        )
    return broken
