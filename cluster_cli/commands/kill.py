"""Kill a member's processes (SIGKILL)."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("kill", "Kill the member without a word, as a crash would.")
