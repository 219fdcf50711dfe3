"""The recovery times that README quotes are those that the bench wrote."""

from __future__ import annotations

from pathlib import Path

from bench.rto import DRILLS, page, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/recovery-times.md"


def rows(text: str) -> list[str]:
    """The lines of the table of drills, its head included."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| drill | domain |"))
    return [line for line in lines[start : lines.index("", start)] if line]


def test_readme_quotes_the_page_that_the_bench_wrote() -> None:
    assert rows((ROOT / "README.md").read_text()) == rows(PAGE.read_text() + "\n")


def test_the_page_has_the_form_that_the_bench_writes() -> None:
    assert rows(PAGE.read_text() + "\n")[:2] == table([]).splitlines()
    written = page([], "one machine", 3, "60s")
    assert PAGE.read_text().split("Machine:")[0] == written.split("Machine:")[0]
    assert rows(written + "\n") == table([]).splitlines()


def test_the_page_has_a_row_for_each_drill_that_has_a_goal() -> None:
    named = {row.split("|")[1].strip() for row in rows(PAGE.read_text() + "\n")[2:]}
    assert named >= set(DRILLS)


def test_make_bench_writes_that_page() -> None:
    assert f"bench.rto --out {PAGE.relative_to(ROOT)}" in (ROOT / "Makefile").read_text()
