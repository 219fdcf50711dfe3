"""Never two members that acknowledge durably at overlapping times, never two primaries in one term."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cluster_cli.drills.checks._finding import Finding
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.records import ProbeWrite, RoleSeen

NAME = "single-writer"
PROBER_CRASHED = "a prober crashed"
"""How such a remark in the history begins."""


@dataclass(frozen=True)
class Reign:
    """The time in which one member acknowledged durably in one term."""

    group: str
    member: str
    term: int
    since: float
    until: float


def check(evidence: Evidence) -> Finding:
    """Judge the probe's writes to each member's own port, and what members said of themselves."""
    crashed = [note.what for note in evidence.history.notes if note.what.startswith(PROBER_CRASHED)]
    if crashed:
        return Finding("unknown", "; ".join(crashed))
    reigns = reigns_of(evidence.history.probes)
    if not reigns:
        return Finding("unknown", "the probe has no durable acknowledgement of any member")
    problems = [*overlaps(reigns), *two_in_one_term(evidence.history.roles)]
    if problems:
        return Finding("fail", "; ".join(problems[:3]))
    writes = sum(1 for w in evidence.history.probes if w.durable and w.outcome == "acked")
    return Finding("pass", f"{writes} durable probe writes, {len(reigns)} reigns, none overlap")


def reigns_of(probes: Iterable[ProbeWrite]) -> tuple[Reign, ...]:
    """In which time each member certainly acknowledged durably, in each term.

    From its first answer to the sending of its last acknowledged write: an answer that was only
    delivered late (a frozen member that thaws) is not mistaken for a second writer.
    """
    found: dict[tuple[str, str, int], tuple[float, float]] = {}
    for write in probes:
        if not (write.durable and write.outcome == "acked"):
            continue
        key = (write.group, write.member, write.term)
        since, until = found.get(key, (write.completed, write.invoked))
        found[key] = (min(since, write.completed), max(until, write.invoked))
    return tuple(Reign(*key, *span) for key, span in sorted(found.items()))


def overlaps(reigns: tuple[Reign, ...]) -> list[str]:
    """A sentence for each pair of members of one group whose reigns overlap."""
    return [
        f"{a.member} (term {a.term}) and {b.member} (term {b.term}) of {a.group} both acknowledged "
        f"durably between {max(a.since, b.since):.3f} s and {min(a.until, b.until):.3f} s"
        for i, a in enumerate(reigns)
        for b in reigns[i + 1 :]
        if a.group == b.group and a.member != b.member and max(a.since, b.since) <= min(a.until, b.until)
    ]


def two_in_one_term(roles: Iterable[RoleSeen]) -> list[str]:
    """A sentence for each term of a group in which two members said that they were primary."""
    primaries: dict[tuple[str, int], set[str]] = {}
    for seen in roles:
        if seen.role == "primary" and seen.term:
            primaries.setdefault((seen.group, seen.term), set()).add(seen.member)
    return [
        f"term {term} of {group} had two primaries: {', '.join(sorted(members))}"
        for (group, term), members in sorted(primaries.items())
        if len(members) > 1
    ]
