"""Time from nothing to a formed cluster, and back: median and maximum of each phase.

Run: .venv/bin/python -m bench.provisioning [--runs 5] [--topology sandbox]
"""

from __future__ import annotations

import argparse
import secrets
from statistics import median

from bench.machine import describe
from infra.sandbox.down import down
from infra.sandbox.up import up
from infra.topology import load_topology


def once(topology: str) -> dict[str, float]:
    """Start and forget one sandbox; seconds by phase, in order."""
    name = f"bench-{secrets.token_hex(3)}"
    try:
        result = up(name, load_topology(topology))
        found = {phase.name: phase.seconds for phase in result.phases}
        found["up, total"] = result.seconds
    finally:
        ended = down(name, purge=True)
    found["down --purge"] = ended.seconds
    return found


def table(rows: list[dict[str, float]]) -> str:
    """A Markdown table: phase, median, maximum."""
    lines = ["| phase | median s | max s |", "|---|---|---|"]
    for phase in rows[0]:
        values = [row[phase] for row in rows if phase in row]
        lines.append(f"| {phase} | {median(values):.2f} | {max(values):.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--topology", default="sandbox")
    options = parser.parse_args()
    rows = [once(options.topology) for _ in range(options.runs)]
    print(f"{options.runs} runs of topology {options.topology} on {describe()}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
