"""Move a primary role as planned, without a failed client transaction."""

from __future__ import annotations

from cluster_cli.command_makers import role_command

app = role_command(
    "switchover",
    "Pre-checks with reasons, then the hand-over; payments' pools pause around it and resume on every path.",
)
