"""Freeze a member (SIGSTOP): it keeps its ports and answers nothing."""

from __future__ import annotations

from cluster_cli.command_makers import member_command

app = member_command("pause", "Freeze every process of the member, as a stalled host would.")
