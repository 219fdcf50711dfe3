"""Everything carries the tags by which it is found, paid for and reaped; by default tags of its provider."""

from __future__ import annotations

from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL
REQUIRED = ("Project", "Stack", "Class", "Owner", "CostCenter", "ManagedBy")
EPHEMERAL = ("ExpiresAt",)


def check(stack: Stack) -> list[Finding]:
    """Look at the effective tags of every resource."""
    wanted = REQUIRED + (EPHEMERAL if stack.class_ == "ephemeral" else ())
    return [
        Finding(resource.label, f"it has no tag {', '.join(missing)}")
        for resource in stack.graph.cloud
        if (missing := [tag for tag in wanted if not resource.tags.get(tag)])
    ]
