"""What the probers know right now: the runner looks here while the drill goes on."""

from __future__ import annotations

import threading

from cluster_cli.drills.records import RoleSeen


class Board:
    """The latest primary of each group by the highest term seen, and who calls itself primary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._primary: dict[str, RoleSeen] = {}
        self._claims: dict[str, bool] = {}

    def saw(self, seen: RoleSeen) -> None:
        """Take note of a member's answer."""
        with self._lock:
            self._claims[seen.member] = seen.role == "primary"
        if seen.role != "primary":
            return
        with self._lock:
            last = self._primary.get(seen.group)
            if last is None or seen.term >= last.term:
                self._primary[seen.group] = seen

    def primary(self, group: str) -> str:
        """The member that was last seen as primary in the highest term; empty when none was."""
        with self._lock:
            last = self._primary.get(group)
        return last.member if last else ""

    def claims(self, member: str) -> bool:
        """Whether the member's last answer was that it is primary."""
        with self._lock:
            return self._claims.get(member, False)
