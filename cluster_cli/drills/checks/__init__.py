"""Checks: one file each, three-valued. A check that crashes is `unknown`, never `pass`.

A check's file holds `NAME`, a docstring that says what it proves, and `check(evidence) -> Finding`;
one that does not concern every run also holds `applies(evidence) -> bool`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cluster_cli.drills import scan
from cluster_cli.drills.checks._finding import Finding, Result
from cluster_cli.drills.evidence import Evidence

__all__ = ["Check", "Finding", "Result", "Verdict", "registry", "run_all", "run_one"]

Verdict = Literal["pass", "fail", "unknown", "invalid"]


@dataclass(frozen=True)
class Check:
    """One check: its name, what it proves, and how."""

    name: str
    proves: str
    run: Callable[[Evidence], Finding]
    applies: Callable[[Evidence], bool]


@cache
def registry() -> tuple[Check, ...]:
    """Every check in this folder, by name."""
    # the package imports itself by scan: a cycle unless it happens in the call
    from cluster_cli.drills import checks

    return tuple(
        Check(
            module.NAME,
            (module.__doc__ or "").splitlines()[0],
            module.check,
            getattr(module, "applies", lambda _: True),
        )
        for module in scan.modules(checks)
    )


def run_one(check: Check, evidence: Evidence) -> tuple[str, Finding]:
    """The check's finding under its name; a crash is `unknown` with the exception as its reason."""
    try:
        return check.name, check.run(evidence)
    except Exception as error:
        return check.name, Finding("unknown", f"the check crashed: {type(error).__name__}: {error}")


def run_all(evidence: Evidence) -> tuple[tuple[str, Finding], ...]:
    """The findings of every check that concerns this run."""
    return tuple(run_one(check, evidence) for check in registry() if check.applies(evidence))
