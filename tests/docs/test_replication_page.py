"""docs/replication.md puts a real drill beside each claim."""

from __future__ import annotations

import re
from pathlib import Path

from cluster_cli.drills import faults

PAGE = (Path(__file__).parents[2] / "docs" / "replication.md").read_text()
TABLE = PAGE.split("\n## Claims and their drills\n")[1].split("\n## ")[0]


def drills_named(table: str) -> set[str]:
    """The words of the third column of the table of claims."""
    rows = [line.split("|") for line in table.splitlines()]
    cells = [row[3] for row in rows if len(row) > 4]
    return {name for cell in cells for name in re.findall(r"`([a-z0-9-]+)`", cell)}


def test_every_claim_names_a_drill_that_is_there() -> None:
    folder = Path(faults.__file__).parent
    there = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    named = drills_named(TABLE)
    assert named
    assert named <= there, f"no such drill: {sorted(named - there)}"
