"""Everything stands in a region of the European Union, by a provider that says which."""

from __future__ import annotations

from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL
# London (eu-west-2) and Zurich (eu-central-2) are in Europe and outside the Union.
REGIONS = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3")


def check(stack: Stack) -> list[Finding]:
    """Look at the region of every resource."""
    return [
        Finding(resource.label, f"its region is {resource.region or 'not given'}, outside the European Union")
        for resource in stack.graph.cloud
        if resource.region not in REGIONS
    ]
