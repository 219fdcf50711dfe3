"""Thaw a paused member (SIGCONT)."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("resume", "Thaw every process of the member.")
