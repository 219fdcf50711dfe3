"""Stop a member in the ordinary way."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("stop", "Ask the member to end, wait up to 10 s, then end it.")
