"""docs/replication.md puts a real drill beside each claim, docs/measures.md its limits."""

from __future__ import annotations

import re
from pathlib import Path

from cluster_cli.drills import drive, faults, load
from cluster_cli.drills.evidence import Claims

PAGE = (Path(__file__).parents[2] / "docs" / "replication.md").read_text()
MEASURES = (Path(__file__).parents[2] / "docs" / "measures.md").read_text()
DEGRADES = "one at least, where no standby is spare and `on_loss` is `degrade`"
TABLE = PAGE.split("\n## Claims and their drills\n")[1].split("\n## ")[0]


def drills_named(table: str) -> set[str]:
    """The words of the third column of the table of claims."""
    rows = [line.split("|") for line in table.splitlines()]
    cells = [row[3] for row in rows if len(row) > 4]
    return {name for cell in cells for name in re.findall(r"`([a-z0-9-]+)`", cell)}


def claims_row(name: str, claims: Claims) -> tuple[str, ...]:
    """What docs/measures.md should say of a drill's claims."""
    pause, attempts = claims.longest_pause, claims.failed_attempts
    primary = {None: "", False: "none", True: "one, within the election's SLA"}[claims.failover]
    return (
        name,
        "" if pause is None else f"{pause:g} s",
        "" if attempts is None else str(attempts or "none"),
        primary,
        DEGRADES if claims.degrades else "",
    )


def test_the_table_of_limits_is_what_the_faults_claim() -> None:
    table = MEASURES.split("\n## What a drill claims\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:6]] for line in table.splitlines() if "`" in line]
    said = {
        (name, *row[1:]) for row in rows if len(row) == 5 for name in re.findall(r"`([a-z0-9-]+)`", row[0])
    }
    assert said == {claims_row(f.name, f.claims) for f in faults.registry() if f.claims != Claims()}


def test_the_pace_of_a_client_is_what_the_load_does() -> None:
    times = {3: "three", 5: "five"}
    assert (
        f"a client rests {times[load.REST_FACTOR]} times as long as its last write took, "
        f"from {load.SHORTEST_REST:g} s to {load.LONGEST_REST:g} s (in a domain that no fault hits, "
        f"{times[drive.ASIDE_SLOWNESS]} times that)"
    ) in " ".join(MEASURES.split())


def test_every_claim_names_a_drill_that_is_there() -> None:
    folder = Path(faults.__file__).parent
    there = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    named = drills_named(TABLE)
    assert named
    assert named <= there, f"no such drill: {sorted(named - there)}"
