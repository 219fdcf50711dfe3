"""What a client's driver really sent: the write concern of its last write, from command monitoring."""

from __future__ import annotations

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


class ConcernSent(CommandListener):
    """Remembers the concern of the last write of one client, which is used by one thread."""

    def __init__(self) -> None:
        self.last = ""

    def started(self, event: CommandStartedEvent) -> None:
        """A command leaves the driver."""
        if event.command_name in ("insert", "update"):
            self.last = in_words(event.command.get("writeConcern", {}))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to remember."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to remember."""


def in_words(concern: dict[str, object]) -> str:
    """`majority j`, `1`; `default` when the command named none. Pure."""
    return f"{concern.get('w', 'default')}{' j' if concern.get('j') else ''}"
