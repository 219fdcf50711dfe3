"""The users' privileges as the config servers grant them: re-read as soon as anything about users changed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from infra.router.bsonraw import Document
from infra.router.catalog import Catalog
from infra.router.errors import CommandError
from infra.router.privileges import Privileges
from infra.router.request import ClientState, UserName

log = logging.getLogger(__name__)
_POLL_SECONDS = 5.0
"""Changes made through another router count here after at most this time (a mongos: 30 s)."""
INTERNAL_USER = UserName("__system", "local")


@dataclass(frozen=True)
class Account:
    """A user's privileges, as of a generation of the users' data."""

    name: UserName
    user_id: Any
    privileges: Privileges
    document: Document
    generation: int


class Accounts:
    """Cache of accounts."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[UserName, Account] = {}
        self._generation = 0
        self._remote: Any = None

    def changed(self) -> None:
        """Users or roles changed: everybody's privileges are read again before their next command."""
        self._generation += 1

    async def keep_fresh(self) -> None:
        """Watch the config servers' counter of changes to users and roles, for ever."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            try:
                reply = await asyncio.wait_for(
                    self._catalog.must_config({"_getUserCacheGeneration": 1}), _POLL_SECONDS
                )
            except (CommandError, TimeoutError):
                # Without config servers nobody's rights can change: requests must not wait for them.
                continue
            if reply.get("cacheGeneration") != self._remote:
                self._remote = reply.get("cacheGeneration")
                self.changed()

    async def of(self, client: ClientState) -> Account | None:
        """The client's account with its present privileges; None (and logged out) when the user is gone."""
        if client.user is None:
            return None
        account = client.account
        if account is not None and account.generation == self._generation:
            return account
        fresh = await self._load(client.user)
        if fresh is None or (account is not None and account.user_id != fresh.user_id):
            client.user = client.account = None
            return None
        client.account = fresh
        return fresh

    async def _load(self, name: UserName) -> Account | None:
        known, generation = self._known.get(name), self._generation
        if known is not None and known.generation == generation:
            return known
        if name == INTERNAL_USER:
            return self._keep(Account(name, None, Privileges.everything(), {}, generation))
        try:
            query = {"usersInfo": {"user": name.user, "db": name.database}, "showPrivileges": True}
            reply = await asyncio.wait_for(self._catalog.read_config(query), 3)
        except (CommandError, TimeoutError) as error:
            if known is None:
                raise CommandError(6, f"cannot read the privileges of {name.user}") from error
            log.warning("privileges of %s not refreshed, the old ones stay", name.user)
            return self._keep(Account(name, known.user_id, known.privileges, known.document, generation))
        found = reply.get("users", [])
        if not found:
            self._known.pop(name, None)
            return None
        user = found[0]
        privileges = Privileges(user.get("inheritedPrivileges", []))
        return self._keep(Account(name, user.get("userId"), privileges, user, generation))

    def _keep(self, account: Account) -> Account:
        self._known[account.name] = account
        return account
