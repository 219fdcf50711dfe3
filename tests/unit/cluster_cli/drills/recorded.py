"""A recorded drill to judge: both primaries crash at 20 s, payments are back at 22 s, social at 21.5 s."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from cluster_cli.drills.evidence import Evidence, Health, Promise, References
from cluster_cli.drills.history import History
from cluster_cli.drills.ledger import ReadBack, judge
from cluster_cli.drills.measures import Struck
from cluster_cli.drills.records import (
    AckClass,
    Domain,
    Durability,
    FaultEvent,
    Header,
    Note,
    Op,
    ProbeWrite,
    Record,
    RoleSeen,
    RouteSeen,
)
from cluster_cli.schema.orphans import Orphans

HEADER = Header("r-20260101-000000-1", "both-primaries-crash", 7, 1767225600.0, "demo", "sandbox")
FAULTS = ("postgres-primary-crash", "mongo-primary-crash")
CRASH, LANDED, END = 20.0, 20.2, 45.0
AFFECTED: dict[Domain, frozenset[str]] = {
    "payments": frozenset({"payments"}),
    "social": frozenset({"exchange-1"}),
}
PROMISES: dict[Domain, Promise] = {
    "payments": Promise(rpo=0.0, rto=120.0),
    "social": Promise(rpo=300.0, rto=600.0, election=15.0),
}
TALK = "exchange.messages.session_id -> exchange.sessions.session_id"
REFERENCES = References(True, (Orphans(TALK, 1800, 0),))
LOADS = (
    ("pay", "payments", "payments", "sync", "transfer", 22.0),
    ("ses", "social", "exchange-1", "majority", "sessions", 21.5),
    ("msg", "social", "exchange-1", "w1", "messages", 21.5),
    ("usr", "social", "members-1", "majority", "users", CRASH),
)


def writes(kind: str, domain: Domain, path: str, cls: AckClass, target: str, back: float) -> Iterable[Op]:
    """Two clients, an acknowledgement each 50 ms; between the crash and `back` one indeterminate attempt."""
    for client in range(2):
        for step in range(int(END / 0.05)):
            at = round(step * 0.05 + client * 0.01, 3)
            value = f"{kind}-{client}-{step}"
            down = back > CRASH and CRASH <= at < back
            if down and at >= CRASH + 0.05:
                continue
            op = Op(f"{kind}-{client}", domain, path, cls, target, value, 1, at, at + 0.005, "acked")
            if domain == "social":
                op = replace(op, detail={"concern": "1" if cls == "w1" else "majority j"})
            yield replace(op, outcome="indeterminate", code="57P01") if down else op


def observed() -> Iterable[Record]:
    """What the probers saw."""
    pairs: tuple[tuple[Domain, str, str], ...] = (
        ("payments", "payments", "pg1"),
        ("social", "exchange-1", "exchange-1-a"),
    )
    for step in range(int(END / 0.05)):
        at = step * 0.05
        pg = "pg1" if at < CRASH else "pgsync1" if at >= 21.2 else ""
        shard = "exchange-1-a" if at < CRASH else "exchange-1-b" if at >= 21.1 else ""
        for domain, group, old in pairs:
            member = pg if domain == "payments" else shard
            if not member:
                continue
            term = 1 if member == old else 2
            yield RoleSeen(at, domain, group, member, "primary", term, at - 0.002)
            yield ProbeWrite(domain, group, member, term, True, at, at + 0.003, "acked")
            yield RouteSeen(
                at + 0.1, domain, group, "proxy-a" if domain == "payments" else "router-a", member
            )
        if pg:
            yield Durability(at, pg, "sync", "pgsync1")
    yield RouteSeen(20.9, "payments", "payments", "lock", "pgsync1")
    yield RouteSeen(1.0, "payments", "payments", "lock", "pg1")


def records() -> list[Record]:
    """The whole recorded run."""
    found: list[Record] = [HEADER, Note(0.0, "load began"), Note(END, "load ended")]
    for load in LOADS:
        found += writes(*load)  # pyright: ignore[reportArgumentType]
    found += observed()
    for fault in FAULTS:
        target = "pg1" if fault.startswith("postgres") else "exchange-1-a"
        found += [
            FaultEvent(CRASH - 0.01, fault, "armed", target),
            FaultEvent(CRASH, fault, "injected", target),
            FaultEvent(LANDED, fault, "landed", target, "2 peers see it down"),
            FaultEvent(30.0, fault, "lifted", target),
        ]
    return found


def stored(found: Iterable[Record]) -> ReadBack:
    """What the databases hold after the run: every acknowledged write, booked and balanced."""
    acked = [r for r in found if isinstance(r, Op) and r.outcome == "acked"]
    keys = Counter((op.target, op.value) for op in acked)
    transfers = [value for table, value in keys if table == "transfer"]
    return ReadBack(
        complete=True,
        found=dict(keys),
        balances={"a": 1000 - len(transfers), "b": 1000 + len(transfers)},
        entries={"a": -len(transfers), "b": len(transfers)},
        opening={"a": 1000, "b": 1000},
        legs=dict.fromkeys(transfers, 2),
    )


def evidence(found: list[Record] | None = None, back: ReadBack | None = None) -> Evidence:
    """The run as the checks see it."""
    found = records() if found is None else found
    back = stored(found) if back is None else back
    history = History(tuple(found))
    return Evidence(
        history=history,
        back=back,
        ledger=judge(history.ops, back, history.durability),
        affected=AFFECTED,
        promises=PROMISES,
        faults=FAULTS,
        struck=dict.fromkeys(AFFECTED, Struck(CRASH, LANDED)),
        ended=END,
        health=Health(True),
        references=REFERENCES,
    )


def without(back: ReadBack, *values: str) -> ReadBack:
    """The same read-back with some values gone."""
    return replace(back, found={key: n for key, n in back.found.items() if key[1] not in values})
