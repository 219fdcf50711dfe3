"""Each transfer is booked exactly once, and the balances reconcile with the ledger."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence

NAME = "transfers-once"
TABLE = "transfer"


def applies(evidence: Evidence) -> bool:
    """Only where the load made transfers."""
    return any(op.target == TABLE for op in evidence.history.ops)


def check(evidence: Evidence) -> Finding:
    """Two entries a transfer, under whatever id it was sent; each balance = opening + entries; sum 0."""
    back = evidence.back
    if not back.complete:
        return Finding("unknown", f"the read-back is incomplete: {back.reason}")
    wrong = [value for table, value in back.found if table == TABLE and back.legs.get(value, 0) != 2]
    orphans = [value for value in back.legs if (TABLE, value) not in back.found]
    uneven = [
        account
        for account, balance in back.balances.items()
        if balance != back.opening.get(account, 0) + back.entries.get(account, 0)
    ]
    problems = [
        sentence
        for ids, sentence in (
            (wrong, f"{len(wrong)} transfers are not booked once, with two entries: {some(wrong)}"),
            (orphans, f"{len(orphans)} bookings have no transfer: {some(orphans)}"),
            (uneven, f"{len(uneven)} balances do not reconcile: {some(uneven)}"),
        )
        if ids
    ]
    if total := sum(back.entries.values()):
        problems.append(f"the ledger's entries sum to {total}, not 0")
    if problems:
        return Finding("fail", "; ".join(problems))
    return Finding("pass", f"{len(back.legs)} transfers, {len(back.balances)} balances reconcile")
