"""The users as the config servers know them, with credentials and privileges, cached as on a mongos.

Read again as soon as anything about users changed. Without config servers what is known goes on counting.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from infra.router import scram
from infra.router.bsonraw import Document
from infra.router.catalog import Catalog
from infra.router.errors import CommandError
from infra.router.privileges import Privileges
from infra.router.request import ClientState, UserName

log = logging.getLogger(__name__)
_READ_SECONDS = 3.0
_POLL_SECONDS = 5.0
"""Changes made through another router count here after at most this time (a mongos: 30 s)."""
INTERNAL_USER = UserName("__system", "local")
MAX_KNOWN = 10_000
"""Users that are kept; the one that was asked for longest ago goes first."""


@dataclass(frozen=True)
class Account:
    """A user, as of a generation of the users' data."""

    name: UserName
    user_id: Any
    privileges: Privileges
    document: Document
    generation: int
    credentials: Document = field(default_factory=dict[str, Any], repr=False)
    """Mechanism -> salt, iterations and keys, from which no password can be read."""
    restrictions: tuple[list[Document], ...] = ()
    """Lists of authentication restrictions: the user's own and each role's."""


class Accounts:
    """Cache of accounts."""

    def __init__(self, catalog: Catalog, key: str | None = None) -> None:
        self._catalog, self._key = catalog, key
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
        fresh = await self.named(client.user)
        if fresh is None or (account is not None and account.user_id != fresh.user_id):
            client.user = client.account = None
            return None
        client.account = fresh
        return fresh

    async def named(self, name: UserName) -> Account | None:
        """The user of that name, None when there is none; CommandError 6 when nobody can be asked."""
        known, generation = self._known.get(name), self._generation
        if known is not None and known.generation == generation:
            return self._keep(known)
        if name == INTERNAL_USER:
            return self._keep(self._internal(generation))
        try:
            found = await asyncio.wait_for(self._read(name), _READ_SECONDS)
        except (CommandError, TimeoutError) as error:
            if known is None:
                raise CommandError(6, f"cannot read the user {name.user}") from error
            log.warning("user %s not read again, what is known of him stays", name.user)
            return self._keep(replace(known, generation=generation))
        if not found:
            self._known.pop(name, None)
            return None
        return self._keep(_account(name, found[0], generation))

    async def _read(self, name: UserName) -> list[Document]:
        query = {
            "usersInfo": {"user": name.user, "db": name.database}, "showPrivileges": True,
            "showCredentials": True, "showAuthenticationRestrictions": True,
        }  # fmt: skip
        return (await self._catalog.read_config(query)).get("users", [])

    def _internal(self, generation: int) -> Account:
        """The members' own user: his password is their key."""
        key, salts = self._key, (secrets.token_bytes(16), secrets.token_bytes(28))
        found: Document = {}
        if key is not None:
            digest = hashlib.md5(f"__system:mongo:{key}".encode(), usedforsecurity=False).hexdigest()
            found["SCRAM-SHA-1"] = scram.credentials("SCRAM-SHA-1", digest, rounds=10_000, salt=salts[0])
            found["SCRAM-SHA-256"] = scram.credentials("SCRAM-SHA-256", key, rounds=15_000, salt=salts[1])
        return Account(INTERNAL_USER, None, Privileges.everything(), {}, generation, found)

    def _keep(self, account: Account) -> Account:
        self._known.pop(account.name, None)
        self._known[account.name] = account
        while len(self._known) > MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        return account


def _account(name: UserName, user: Document, generation: int) -> Account:
    """A user document of `usersInfo`; its credentials are kept apart, so that no reply shows them."""
    shown = {key: value for key, value in user.items() if key != "credentials"}
    own: list[Any] = user.get("authenticationRestrictions") or []
    inherited: list[Any] = user.get("inheritedAuthenticationRestrictions") or []
    return Account(
        name, user.get("userId"), Privileges(user.get("inheritedPrivileges", [])), shown, generation,
        {m: c for m, c in user.get("credentials", {}).items() if m in scram.HASHES},
        tuple(rules for rules in (own, *inherited) if rules),
    )  # fmt: skip
