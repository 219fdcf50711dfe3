"""The cluster as a drill reaches it: connections of each kind, and who leads now."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import Any

import psycopg
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from cluster_cli.engines.mongodb import member_client, mongo_client
from cluster_cli.engines.postgresql.connect import DATABASE, connect
from cluster_cli.engines.postgresql.haproxy import read_servers, writable
from cluster_cli.engines.postgresql.leader import leader
from cluster_cli.engines.sockets import refuses
from infra.context import Context
from infra.endpoint import Endpoint

PATIENCE_S = 10.0
"""Seconds that a cluster has to be whole, and to say who leads, before a drill refuses to begin."""
CONNECT_TIMEOUT_S = 2
TCP_USER_TIMEOUT_MS = 5000
PROBE_TIMEOUT_S = 0.5
SOCKET_TIMEOUT_MS = 30_000
"""Longer than the longest wait for a majority after a frozen primary (17 s measured): a write that
waits is not cut off by its own client."""
Mongo = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Site:
    """Connections to one context."""

    ctx: Context

    @property
    def proxies(self) -> tuple[Endpoint, ...]:
        """Every proxy host."""
        return self.ctx.of_kind("proxy")

    @property
    def scope(self) -> str:
        """The payments cluster's name in the topology."""
        payments = self.ctx.topology.payments
        assert payments is not None, "the topology has no payments domain"
        return payments.name

    def payments_app(self, first: int) -> psycopg.Connection[Any]:
        """A pooled connection as `app`, through either proxy; `first` says which one is tried first."""
        turn = first % len(self.proxies)
        order = (*self.proxies[turn:], *self.proxies[:turn])
        return psycopg.connect(
            host=",".join(endpoint.address for endpoint in order),
            port=",".join(str(endpoint.ports["pgbouncer"]) for endpoint in order),
            dbname=DATABASE,
            user="app",
            password=self.ctx.credentials.secret("pg_app"),
            sslmode="verify-full",
            sslrootcert=str(self.ctx.credentials.ca_file),
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=TCP_USER_TIMEOUT_MS,
            application_name="drill",
            prepare_threshold=None,
            autocommit=True,
        )

    def member(self, name: str, user: str = "prober") -> psycopg.Connection[Any]:
        """A connection to one PostgreSQL member's own port, as `prober` or `postgres`."""
        return connect(self.ctx, user, via=name, autocommit=True, timeout=CONNECT_TIMEOUT_S)

    def etcd_connection(self, member: str) -> HTTPSConnection:
        """A connection to an etcd member's HTTP gateway, to be kept and used again."""
        endpoint, pair = self.ctx.endpoint(member), self.ctx.credentials.cert("operator")
        tls = ssl.create_default_context(cafile=str(self.ctx.credentials.ca_file))
        tls.load_cert_chain(pair.cert, pair.key)
        return HTTPSConnection(
            endpoint.address, endpoint.ports["client"], timeout=PROBE_TIMEOUT_S, context=tls
        )

    def leader(self) -> str | None:
        """The payments primary: the member that Patroni says is primary and running; None when none is."""
        return leader(self.ctx)

    def social_app(self, *listeners: CommandListener) -> Mongo:
        """A driver as `app`, on all routers; `listeners` see its commands."""
        return mongo_client(
            self.ctx,
            user="app",
            serverSelectionTimeoutMS=5000,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
            heartbeatFrequencyMS=500,
            appname="drill",
            event_listeners=listeners,
        )

    def router(self, name: str) -> Mongo:
        """A driver as `app`, on one router alone."""
        endpoint = self.ctx.endpoint(name)
        return MongoClient(
            endpoint.address,
            endpoint.ports["mongo"],
            directConnection=True,
            tls=True,
            tlsCAFile=str(self.ctx.credentials.ca_file),
            username="app",
            password=self.ctx.credentials.secret("mongo_app"),
            authSource="admin",
            uuidRepresentation="standard",
            serverSelectionTimeoutMS=500,
            connectTimeoutMS=500,
            socketTimeoutMS=500,
        )

    def mongo_member(self, name: str, user: str = "prober", timeout: float = 1.0) -> Mongo:
        """A driver on one mongod's own port, as `prober` or `__system`."""
        return member_client(
            self.ctx, name, user="prober" if user == "prober" else "__system", timeout=timeout
        )

    def set_status(self, member: str, timeout: float = 1.0) -> dict[str, Any]:
        """`replSetGetStatus` of a member; empty when it does not answer."""
        client = self.mongo_member(member, "__system", timeout)
        try:
            return client.admin.command("replSetGetStatus")
        except PyMongoError:
            return {}
        finally:
            client.close()

    def members_of(self, group: str) -> tuple[str, ...]:
        """The data-bearing members of a replica set or Patroni scope."""
        return tuple(
            e.member
            for e in self.ctx.endpoints.values()
            if e.group == group and e.kind in ("mongod-shard", "mongod-config", "postgres")
        )

    @property
    def shards(self) -> set[str]:
        """The names of all shards."""
        social = self.ctx.topology.social
        return {shard.name for shard in social.shards} if social is not None else set()

    def path_of(self, segment: str) -> str:
        """The path that a segment's keys live on: its shard, or its shards joined by `+`."""
        social = self.ctx.topology.social
        assert social is not None, "the topology has no social domain"
        return "+".join(social.segments[segment])

    def refuses(self, member: str, port: str) -> bool:
        """Whether a TCP connection to a member's port is refused (a silent port is no refusal)."""
        endpoint = self.ctx.endpoint(member)
        return refuses(endpoint.address, endpoint.ports[port], 0.5)

    def proxy_up(self, proxy: str) -> tuple[str, ...] | None:
        """The members that a proxy's writable side leads to; None when the proxy does not answer."""
        try:
            return writable(read_servers(self.ctx, proxy, PROBE_TIMEOUT_S))
        except OSError:
            return None
