"""A version that is known to be bad."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it, unless the class is ephemeral and the file says `allow_known_bad: true`."""
    allowed = topology.versions.allow_known_bad
    if allowed and topology.class_ != "ephemeral":
        why = f"allow_known_bad is for class ephemeral, and this is {topology.class_}"
        return [Violation("versions", why, "remove allow_known_bad and use supported versions")]
    if allowed:
        return []
    fix = "use a supported version; `allow_known_bad: true` is possible in class ephemeral alone"
    return [
        Violation(f"versions.{engine} {version}", why, fix)
        for engine, version, why in topology.versions.known_bad()
    ]
