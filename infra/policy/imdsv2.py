"""Every instance answers its metadata with a token alone (IMDSv2), and to itself alone."""

from __future__ import annotations

from infra.aws.local.types import INSTANCE
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look at the metadata options of every instance."""
    return [
        Finding(host.label, why)
        for host in stack.graph.of(INSTANCE)
        if (why := _wrong(host.inputs.get("metadataOptions") or {}))
    ]


def _wrong(options: dict[str, object]) -> str | None:
    if options.get("httpTokens") != "required":
        return "its metadata answer without a token: httpTokens is not `required`"
    if options.get("httpPutResponseHopLimit") != 1:
        return "its metadata answer beyond the host: httpPutResponseHopLimit is not 1"
    return None
