"""Move a primary role at once, without ceremony."""

from __future__ import annotations

from cluster_cli.command_makers import role_command

app = role_command(
    "failover",
    "No pause of the pools: for a primary that is dead or in the way. Clients see errors and retry.",
)
