"""An even number of voters in a replica set."""

from __future__ import annotations

from infra.topology.groups import voting_sets
from infra.topology.model import Topology
from infra.topology.violation import Violation

MOST_VOTERS = 7  # MongoDB's limit


def check(topology: Topology) -> list[Violation]:
    """Refuse an even number of voters (an arbiter counts): the last one adds a risk and no majority."""
    return [
        Violation(
            f"replica set {name}", *_fault(len(voters), any(v.kind == "mongod-arbiter" for v in voters))
        )
        for name, voters in voting_sets(topology).items()
        if len(voters) % 2 == 0 or len(voters) > MOST_VOTERS
    ]


def _fault(count: int, arbiter: bool) -> tuple[str, str]:
    if count > MOST_VOTERS:
        return f"{count} voters; MongoDB allows {MOST_VOTERS}", f"keep at most {MOST_VOTERS}"
    if arbiter:
        return f"the arbiter makes the number of voters even ({count})", "remove the arbiter"
    return f"an even number of voters ({count})", f"add a member, or remove one to have {count - 1}"
