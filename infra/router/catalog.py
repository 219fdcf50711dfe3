"""What the config servers know: shards, databases, routing tables, defaults; cached, reloaded on demand."""

from __future__ import annotations

import asyncio
import logging
import time

from infra.router.bsonraw import Document, encode
from infra.router.clock import LogicalClock
from infra.router.errors import NOT_PRIMARY, RETRYABLE, CommandError, MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.replicaset import WAIT_PRIMARY_SECONDS, ReplicaSet
from infra.router.reply import Reply, public
from infra.router.routing import Chunk, RoutingTable
from infra.router.selection import PRIMARY, PRIMARY_PREFERRED
from infra.router.upstream import Login

log = logging.getLogger(__name__)
MAJORITY: Document = {"w": "majority", "wtimeout": 60000}
_IMPLICIT_WRITE_CONCERN: Document = {"w": "majority", "wtimeout": 0}
_REFRESH_SECONDS = 5.0
_KEYS_SECONDS = 60.0
_MAX_TABLES = 10_000
"""Names of collections that do not exist are remembered too: bounded."""
CONFIG = "config"
"""Name by which the config set is addressed like a shard."""


class Catalog:
    """Cached metadata. Loading waits for the config set only; known metadata serve without it."""

    def __init__(self, config: ReplicaSet, login: Login, clock: LogicalClock) -> None:
        self.config, self._login, self.clock = config, login, clock
        self.shards: dict[str, ReplicaSet] = {}
        self.write_concern: Document = _IMPLICIT_WRITE_CONCERN
        self.read_concern: Document | None = None
        self.serving = asyncio.Event()
        self._databases: dict[str, Document] = {}
        self._tables: dict[str, RoutingTable | None] = {}
        self._keys_due = 0.0

    # -- the config servers

    async def find_config(
        self,
        collection: str,
        query: Document,
        *,
        database: str = "config",
        seconds: float = WAIT_PRIMARY_SECONDS,
    ) -> list[Document]:
        """Documents of a config collection, read with majority; CommandError when no server answers."""
        command = {
            "find": collection, "filter": query, "batchSize": 1_000_000, "maxTimeMS": 20000,
            "readConcern": {"level": "majority"}, "$readPreference": {"mode": "primaryPreferred"},
            "$db": database,
        }  # fmt: skip
        end = time.monotonic() + seconds
        while True:
            try:
                member = await self.config.select(
                    PRIMARY_PREFERRED, asyncio.get_running_loop().time() + seconds
                )
                return await self._all_batches(member, command)
            except (MemberLost, CommandError) as error:
                if time.monotonic() > end or (
                    isinstance(error, CommandError) and error.code not in RETRYABLE
                ):
                    raise error if isinstance(error, CommandError) else host_unreachable(error) from error
            await self.config.wait_change(0.1)

    async def _all_batches(self, member: Member, command: Document) -> list[Document]:
        reply = await self._checked(member, command)
        cursor = reply["cursor"]
        documents = cursor["firstBatch"]
        while cursor["id"]:
            more = {"getMore": cursor["id"], "collection": command["find"], "$db": command["$db"]}
            cursor = (await self._checked(member, more))["cursor"]
            documents += cursor["nextBatch"]
        return documents

    async def _checked(self, member: Member, command: Document) -> Document:
        reply = await member.call(encode({**command}), seconds=25)
        self._note(reply)
        if not reply.ok:
            raise CommandError.from_reply(reply.document)
        return reply.document

    def _note(self, reply: Reply) -> None:
        if reply.cluster_time is not None:
            self.clock.advance(reply.cluster_time)

    async def command_config(self, command: Document, database: str = "admin") -> Document:
        """A command at the config primary (again after a failover); the public reply, ok or not."""
        reply: Document = {}
        for attempt in range(6):
            member = await self.config.select(PRIMARY)
            try:
                answer = await member.call(encode({**command, "$db": database}))
            except MemberLost as error:
                if attempt == 5:
                    raise host_unreachable(error) from error
                await self.config.wait_change(0.2)
                continue
            self._note(answer)
            reply = answer.document
            if answer.ok or reply.get("code") not in NOT_PRIMARY:
                break
            member.not_primary()
            await self.config.wait_change(0.2)
        return public(reply)

    async def must_config(self, command: Document, database: str = "admin") -> Document:
        """`command_config` whose failure is raised as CommandError."""
        reply = await self.command_config(command, database)
        if not reply.get("ok"):
            raise CommandError.from_reply(reply)
        return reply

    async def read_config(self, command: Document, database: str = "admin") -> Document:
        """A read-only command at any live config member, the primary first; failures are raised."""
        member = await self.config.select(PRIMARY_PREFERRED)
        preference = {"$readPreference": {"mode": "primaryPreferred"}}
        try:
            return public(await self._checked(member, {**command, **preference, "$db": database}))
        except MemberLost as error:
            raise host_unreachable(error) from error

    # -- background refresh

    async def keep_fresh(self) -> None:
        """Reload shards, defaults and signing keys for ever; failures leave what is known."""
        while True:
            try:
                await self.load_shards()
                self.serving.set()
                await self._load_defaults()
                await self._load_keys()
            except CommandError as error:
                log.debug("metadata not refreshed: %s", error.message)
            except Exception:
                log.exception("metadata refresh failed")
            await asyncio.sleep(_REFRESH_SECONDS if self.shards and self.clock.keys else 0.1)

    async def load_shards(self) -> None:
        """Take over config.shards: watch new sets, forget removed ones."""
        documents = await self.find_config("shards", {}, seconds=5)
        for document in documents:
            name, _, hosts = document["host"].partition("/")
            if document["_id"] in self.shards:
                self.shards[document["_id"]].ensure(hosts.split(","))
            else:
                self.shards[document["_id"]] = ReplicaSet(name, hosts.split(","), self._login)
        for gone in set(self.shards) - {document["_id"] for document in documents}:
            self.shards.pop(gone).close()

    async def _load_defaults(self) -> None:
        reply = await self.command_config({"getDefaultRWConcern": 1})
        if reply.get("ok"):
            self.write_concern = reply.get("defaultWriteConcern") or _IMPLICIT_WRITE_CONCERN
            concern = reply.get("defaultReadConcern")
            explicit = reply.get("defaultReadConcernSource") == "global"
            self.read_concern = concern if explicit else None

    async def reload_defaults(self) -> None:
        """Read the cluster's default concerns again (after they were set through this router)."""
        await self._load_defaults()

    async def _load_keys(self) -> None:
        now = time.monotonic()
        if self._login.password is not None and now >= self._keys_due:
            keys = await self.find_config("system.keys", {"purpose": "HMAC"}, database="admin", seconds=5)
            self.clock.learn_keys(keys)
            self._keys_due = now + _KEYS_SECONDS if keys else 0.0

    # -- databases and collections

    async def shard(self, name: str) -> ReplicaSet:
        """A shard's set (or the config set); CommandError 70 when it is no shard of the cluster."""
        if name == CONFIG:
            return self.config
        if name not in self.shards:
            await self.load_shards()
        if name not in self.shards:
            raise CommandError(70, f"Shard {name} not found")
        return self.shards[name]

    async def database(self, name: str, *, create: bool = False) -> Document | None:
        """config.databases of `name`; None when it does not exist and `create` is not asked for."""
        if name in ("admin", "config"):
            return {"_id": name, "primary": CONFIG}
        known = self._databases.get(name)
        if known is None:
            known = next(iter(await self.find_config("databases", {"_id": name})), None)
            if known is None and create:
                known = await self._create_database(name)
            if known is not None:
                self._databases[name] = known
        return known

    async def _create_database(self, name: str) -> Document | None:
        await self.must_config({"_configsvrCreateDatabase": name, "writeConcern": MAJORITY})
        return next(iter(await self.find_config("databases", {"_id": name})), None)

    async def table(self, namespace: str, *, refresh: bool = False) -> RoutingTable | None:
        """The routing table of a sharded collection, None when it is not sharded."""
        if namespace.startswith(("admin.", "config.")) and namespace != "config.system.sessions":
            return None
        if len(self._tables) > _MAX_TABLES:
            self._tables.clear()
        if refresh or namespace not in self._tables:
            self._tables[namespace] = await self._load_table(namespace)
        return self._tables[namespace]

    async def _load_table(self, namespace: str) -> RoutingTable | None:
        found = await self.find_config("collections", {"_id": namespace})
        if not found or found[0].get("dropped"):
            return None
        entry = found[0]
        chunks = [
            Chunk(chunk["min"], chunk["max"], chunk["shard"], chunk["lastmod"])
            for chunk in await self.find_config("chunks", {"uuid": entry["uuid"]})
        ]
        if not chunks:
            return None
        return RoutingTable(
            namespace, entry["key"], entry["timestamp"], entry["lastmodEpoch"], entry["uuid"], chunks,
            bool(entry.get("unique")), entry.get("defaultCollation"),
        )  # fmt: skip

    def forget(self, database: str, namespace: str | None = None) -> None:
        """Drop the cached metadata of a database, or of one collection of it."""
        self._databases.pop(database, None)
        if namespace is not None:
            self._tables.pop(namespace, None)
            return
        for known in [name for name in self._tables if name.startswith(database + ".")]:
            del self._tables[known]

    def forget_all(self) -> None:
        """Drop all cached metadata of databases and collections."""
        self._databases.clear()
        self._tables.clear()
