"""Stop a member and start it again."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("restart", "Stop the member in the ordinary way and start it again.")
