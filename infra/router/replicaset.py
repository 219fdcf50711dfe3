"""A replica set: which member is primary, and waiting for one without holding up anybody else."""

from __future__ import annotations

import asyncio
from typing import Any

from infra.router.errors import CommandError
from infra.router.member import Member
from infra.router.selection import ReadPreference, choose
from infra.router.upstream import Login

WAIT_PRIMARY_SECONDS = 20.0


class ReplicaSet:
    """The members of one set, kept up to date from the hello of its primary."""

    def __init__(self, name: str, hosts: list[str], login: Login) -> None:
        self.name, self._login = name, login
        self.members: dict[str, Member] = {}
        self._change = asyncio.Event()
        self._highest_election: tuple[Any, ...] = ()
        self.ensure(hosts)

    def ensure(self, hosts: list[str] | tuple[str, ...]) -> None:
        """Watch the hosts that are not watched yet."""
        for host in hosts:
            if host not in self.members:
                self.members[host] = Member(host, self._login, self._member_changed)

    @property
    def connection_string(self) -> str:
        """`name/host,host`."""
        return f"{self.name}/" + ",".join(sorted(self.members))

    @property
    def primary(self) -> Member | None:
        """The current primary, None when unknown."""
        return next((m for m in self.members.values() if m.kind == "primary"), None)

    def _member_changed(self, member: Member) -> None:
        if member.kind == "primary":
            self._new_primary(member)
        self._change.set()
        self._change = asyncio.Event()

    def _new_primary(self, member: Member) -> None:
        """A newer election ends the old primary at once, even when it is frozen and cannot say so."""
        if member.state.election < self._highest_election:
            member.state.kind = "unknown"
            return
        self._highest_election = member.state.election
        for other in list(self.members.values()):
            if other is not member and other.kind == "primary":
                other.lost()
        hosts = member.state.hosts
        self.ensure(hosts)
        for gone in [host for host in self.members if hosts and host not in hosts]:
            self.members.pop(gone).close()

    async def wait_change(self, seconds: float) -> None:
        """Return when a member's state changed, or after `seconds`."""
        try:
            await asyncio.wait_for(self._change.wait(), seconds)
        except TimeoutError:
            return

    async def select(self, preference: ReadPreference, deadline: float | None = None) -> Member:
        """A member that fits; CommandError 133 after 20 s without one (50 at the caller's deadline)."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT_PRIMARY_SECONDS
        while True:
            member = choose(list(self.members.values()), preference)
            if member is not None:
                return member
            now = loop.time()
            if deadline is not None and now >= deadline:
                raise CommandError(50, "operation exceeded time limit")
            if now >= end:
                raise CommandError(133, self._nobody(preference))
            await self.wait_change(min(0.25, end - now))

    def _nobody(self, preference: ReadPreference) -> str:
        wanted = f'read preference {{ mode: "{preference.mode}" }}'
        return f"Could not find host matching {wanted} for set {self.name}"

    def close(self) -> None:
        """End all members' monitors and connections."""
        for member in self.members.values():
            member.close()
