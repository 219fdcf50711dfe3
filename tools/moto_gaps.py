"""Writes the table in docs/aws.md of inputs that moto does not tell back: from `gaps.UNTOLD`."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.aws.local.gaps import UNTOLD

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "aws.md"
BEGIN, END = "<!-- written by `make docs` -->", "<!-- until here -->"


def rows() -> list[str]:
    """A row a type: its inputs, each group with the reason."""
    found: list[str] = []
    for kind, inputs in sorted(UNTOLD.items()):
        reasons: dict[str, list[str]] = {}
        for name, untold in sorted(inputs.items()):
            reasons.setdefault(untold.why, []).append(f"`{name}`")
        words = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
        found.append(f"| `{kind.rsplit(':', 1)[-1]}` | {words} |")
    return found


def page(current: str) -> str:
    """The page with the table between the marks; SystemExit when the marks are gone."""
    before, begin, rest = current.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name}: the marks of the table are gone")
    table = ["| type | not compared |", "|---|---|", *rows()]
    return "\n".join([before + BEGIN, "", *table, "", END]) + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
