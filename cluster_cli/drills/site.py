"""The cluster as a drill reaches it: connections of each kind, and who leads now."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Any

import psycopg
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from cluster_cli.engines.mongodb import member_client, mongo_client
from infra.context import Context
from infra.endpoint import Endpoint

CONNECT_TIMEOUT_S = 2
TCP_USER_TIMEOUT_MS = 5000
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
            **self._common(order, "pgbouncer"),
            user="app",
            password=self.ctx.credentials.secret("pg_app"),
            sslmode="verify-full",
            prepare_threshold=None,
            autocommit=True,
        )

    def member(self, name: str, user: str = "prober") -> psycopg.Connection[Any]:
        """A connection to one PostgreSQL member's own port, as `prober` or `postgres`."""
        pair = self.ctx.credentials.cert(user)
        secret = {"prober": "pg_prober", "postgres": "pg_superuser"}[user]
        return psycopg.connect(
            **self._common((self.ctx.endpoint(name),), "postgres"),
            user=user,
            password=self.ctx.credentials.secret(secret),
            sslmode="verify-full",
            sslcert=str(pair.cert),
            sslkey=str(pair.key),
            autocommit=True,
        )

    def _common(self, endpoints: tuple[Endpoint, ...], port: str) -> dict[str, Any]:
        return {
            "host": ",".join(endpoint.address for endpoint in endpoints),
            "port": ",".join(str(endpoint.ports[port]) for endpoint in endpoints),
            "dbname": "payments",
            "sslrootcert": str(self.ctx.credentials.ca_file),
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
            "application_name": "drill",
        }

    def rest(self, member: str, path: str, timeout: float = 0.5) -> tuple[int, dict[str, Any]]:
        """One answer of a member's Patroni: status and JSON body; (0, {}) when there is none."""
        endpoint = self.ctx.endpoint(member)
        pair = self.ctx.credentials.cert("operator")
        context = ssl.create_default_context(cafile=str(self.ctx.credentials.ca_file))
        context.load_cert_chain(pair.cert, pair.key)
        connection = HTTPSConnection(
            endpoint.address, endpoint.ports["rest"], timeout=timeout, context=context
        )
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, _json(response.read())
        except (OSError, HTTPException):
            return 0, {}
        finally:
            connection.close()

    def etcd(self, member: str, path: str, body: dict[str, Any], timeout: float = 0.5) -> dict[str, Any]:
        """One answer of an etcd member's HTTP gateway; empty when there is none."""
        endpoint = self.ctx.endpoint(member)
        pair = self.ctx.credentials.cert("operator")
        context = ssl.create_default_context(cafile=str(self.ctx.credentials.ca_file))
        context.load_cert_chain(pair.cert, pair.key)
        connection = HTTPSConnection(
            endpoint.address, endpoint.ports["client"], timeout=timeout, context=context
        )
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return _json(connection.getresponse().read())
        except (OSError, HTTPException):
            return {}
        finally:
            connection.close()

    def leader(self) -> str | None:
        """The payments primary: the member that Patroni says is primary and running; None when none is."""
        for endpoint in self.ctx.of_kind("postgres", self.scope):
            _, body = self.rest(endpoint.member, "/patroni")
            if body.get("role") in ("primary", "master") and body.get("state") == "running":
                return endpoint.member
        return None

    def social_app(self) -> Mongo:
        """A driver as `app`, on all routers."""
        return mongo_client(
            self.ctx,
            user="app",
            serverSelectionTimeoutMS=5000,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
            heartbeatFrequencyMS=500,
            appname="drill",
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

    def path_of(self, segment: str) -> str:
        """The path that a segment's keys live on: its shard, or its shards joined by `+`."""
        social = self.ctx.topology.social
        assert social is not None, "the topology has no social domain"
        return "+".join(social.segments[segment])

    def refuses(self, member: str, port: str) -> bool:
        """Whether a TCP connection to a member's port is refused (a silent port is no refusal)."""
        endpoint = self.ctx.endpoint(member)
        try:
            socket.create_connection((endpoint.address, endpoint.ports[port]), timeout=0.5).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return False

    def proxy_up(self, proxy: str) -> tuple[str, ...] | None:
        """The members that a proxy's writable side leads to; None when the proxy does not answer."""
        path = self.ctx.endpoint(proxy).sockets["haproxy"]
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(0.5)
                client.connect(str(path))
                client.sendall(b"show stat\n")
                answer = b"".join(iter(lambda: client.recv(65536), b""))
        except OSError:
            return None
        return up_servers(answer.decode("ascii", "replace"), "rw")


def up_servers(csv: str, listener: str) -> tuple[str, ...]:
    """The servers of one listener that are UP in HAProxy's `show stat`. Pure."""
    lines = csv.lstrip("# ").splitlines()
    head = lines[0].split(",") if lines else []
    if "status" not in head:
        return ()
    name, server, status = (head.index(key) for key in ("pxname", "svname", "status"))
    rows = (line.split(",") for line in lines[1:] if line)
    return tuple(
        row[server]
        for row in rows
        if row[name] == listener
        and row[server] not in ("FRONTEND", "BACKEND")
        and row[status].startswith("UP")
    )


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
