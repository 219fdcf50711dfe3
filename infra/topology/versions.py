"""Versions of the engines, and which of them are known to be bad."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from infra.topology.base import Flag, Part

Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+){0,2}$")]

# engine -> (release line, why it is bad). A line matches itself and everything below it in the same line.
KNOWN_BAD: dict[str, tuple[tuple[str, str], ...]] = {
    "mongodb": (
        ("4.4", "end of life since February 2024"),
        ("5.0", "end of life since October 2024"),
        (
            "6.0",
            "end of life since July 2025, and its zlib wire compression can leak memory to a client",
        ),
    ),
    "postgresql": (
        ("12", "end of life since November 2024"),
        ("13", "end of life since November 2025"),
    ),
    "etcd": (
        ("3.5.0", "can lose acknowledged writes after a crash"),
        ("3.5.1", "can lose acknowledged writes after a crash"),
        ("3.5.2", "can lose acknowledged writes after a crash"),
    ),
}


class Versions(Part):
    """One version per engine; `allow_known_bad` is for throw-away clusters only."""

    mongodb: Version
    postgresql: Version
    etcd: Version
    allow_known_bad: Flag = False

    def known_bad(self) -> tuple[tuple[str, str, str], ...]:
        """(engine, version, why) for each version that should not be used."""
        return tuple(
            (engine, version, why)
            for engine, lines in KNOWN_BAD.items()
            for line, why in lines
            if in_line(version := getattr(self, engine), line)
        )


def in_line(version: str, line: str) -> bool:
    """Whether a version belongs to a release line: 6.0.5 is in 6.0, 6.10 is not in 6.1."""
    return version == line or version.startswith(f"{line}.")
