"""Start a member that is down."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("start", "Start the member's processes that do not run; its data are kept.")
