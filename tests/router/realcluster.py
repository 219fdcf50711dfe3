"""A small real sharded cluster (keyFile, TLS, SCRAM) for the router's own tests."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from infra.credentials import write_private
from infra.pki import ensure_pki

_MAJORITY = {"w": "majority", "wtimeout": 60000}
ROOT = Path(__file__).resolve().parents[2]
Client = pymongo.MongoClient[dict[str, Any]]


@dataclass
class Member:
    """One mongod process."""

    replica_set: str
    role: str
    port: int
    directory: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def signal(self, number: int) -> None:
        """Send a signal to exactly this process."""
        assert self.process is not None
        os.kill(self.process.pid, number)
        if number == signal.SIGKILL:
            self.process.wait()


@dataclass
class RealCluster:
    """Config set, shards and routers, started with `boot()` and ended with `close()`."""

    directory: Path
    mongod: Path
    base_port: int = 0
    """First port, or 0: any free ports."""
    members: int = 3
    configs: int = 3
    shards: tuple[str, ...] = ("sa", "sb")
    routers: int = 2
    election_timeout_ms: int = 1000
    mongos: str | None = None
    sets: dict[str, list[Member]] = field(default_factory=dict)
    router_ports: list[int] = field(default_factory=list)
    router_processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        ensure_pki(self.directory, ["member", "router"])
        write_private(self.keyfile, secrets.token_urlsafe(300).replace("-", "a").replace("_", "b"), 0o400)
        ports = iter(self._ports())
        self.sets["cfg"] = self._plan("cfg", "configsvr", ports, self.configs)
        for name in self.shards:
            self.sets[name] = self._plan(name, "shardsvr", ports, self.members)
        self.router_ports = [next(ports) for _ in range(self.routers)]

    @property
    def keyfile(self) -> Path:
        return self.directory / "mongo.keyfile"

    @property
    def ca(self) -> Path:
        return self.directory / "ca.crt"

    def _ports(self) -> list[int]:
        count = self.configs + self.members * len(self.shards) + self.routers
        if self.base_port:
            return list(range(self.base_port, self.base_port + count))
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
            for item in sockets:
                item.bind(("127.0.0.1", 0))
            return [item.getsockname()[1] for item in sockets]

    def _plan(self, name: str, role: str, ports: Iterator[int], count: int) -> list[Member]:
        return [Member(name, role, next(ports), self.directory / f"{name}-{n}") for n in range(count)]

    def all_members(self) -> Iterator[Member]:
        """Every mongod of the cluster."""
        for members in self.sets.values():
            yield from members

    def start_member(self, member: Member) -> None:
        """Start (or restart) one mongod on its own data directory."""
        (member.directory / "data").mkdir(parents=True, exist_ok=True)
        with (member.directory / "out").open("ab") as out:
            member.process = subprocess.Popen(
                self._mongod_argv(member), stdout=out, stderr=out, start_new_session=True
            )

    def _mongod_argv(self, member: Member) -> list[str]:
        parameters = ["diagnosticDataCollectionEnabled=false", "shutdownTimeoutMillisForSignaledShutdown=200"]
        if member.role == "shardsvr":
            parameters += ["orphanCleanupDelaySecs=1", "periodicNoopIntervalSecs=1"]
        argv = [str(self.mongod), "--port", str(member.port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
        argv += ["--dbpath", str(member.directory / "data"), "--logpath", str(member.directory / "log")]
        argv += ["--logappend", "--replSet", member.replica_set, f"--{member.role}", "--oplogSize", "64"]
        argv += ["--wiredTigerCacheSizeGB", "0.25", "--keyFile", str(self.keyfile)]
        argv += ["--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"]
        argv += ["--tlsMode", "requireTLS", "--tlsCAFile", str(self.ca)]
        argv += ["--tlsCertificateKeyFile", str(self.directory / "member.pem")]
        argv += ["--tlsAllowConnectionsWithoutCertificates"]
        for parameter in parameters:
            argv += ["--setParameter", parameter]
        return argv

    def router_argv(self, port: int) -> list[str]:
        """The command that starts a router on `port`: a real mongos when given, else the stand-in."""
        config = "cfg/" + ",".join(member.host for member in self.sets["cfg"])
        pem = str(self.directory / "router.pem")
        if self.mongos:
            argv = [self.mongos, "--configdb", config, "--bind_ip", "127.0.0.1", "--port", str(port)]
            argv += ["--keyFile", str(self.keyfile), "--tlsMode", "requireTLS", "--tlsCAFile", str(self.ca)]
            return [*argv, "--tlsCertificateKeyFile", pem, "--tlsAllowConnectionsWithoutCertificates"]
        argv = [sys.executable, "-m", "infra.router", "--configdb", config, "--bind", "127.0.0.1"]
        argv += ["--port", str(port), "--keyfile", str(self.keyfile)]
        return [*argv, "--tls-ca", str(self.ca), "--tls-cert", pem]

    def start_router(self, number: int) -> None:
        """Start one router."""
        argv = self.router_argv(self.router_ports[number])
        with (self.directory / f"router-{number}.log").open("ab") as log:
            process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        if number < len(self.router_processes):
            self.router_processes[number] = process
        else:
            self.router_processes.append(process)

    def boot(self) -> None:
        """Start everything and return when both shards are added and the routers answer."""
        for member in self.all_members():
            self.start_member(member)
        for number in range(self.routers):
            self.start_router(number)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._initiate, self.sets))
        config = self.member_client(self.primary("cfg"))
        for shard in self.shards:
            url = f"{shard}/" + ",".join(member.host for member in self.sets[shard])
            config.admin.command({"_configsvrAddShard": url, "name": shard, "writeConcern": _MAJORITY})
        config.admin.command(
            {"createUser": "root", "pwd": "rootpw", "roles": ["root"], "writeConcern": _MAJORITY}
        )
        config.close()
        for port in self.router_ports:
            self.wait_router(port)

    def _initiate(self, name: str) -> None:
        members = self.sets[name]
        for member in members:
            _wait_port(member.port)
        settings = {"electionTimeoutMillis": self.election_timeout_ms, "heartbeatIntervalMillis": 200}
        config: dict[str, Any] = {
            "_id": name,
            "members": [{"_id": n, "host": member.host} for n, member in enumerate(members)],
            "settings": {**settings, "catchUpTimeoutMillis": 2000},
        }
        if members[0].role == "configsvr":
            config["configsvr"] = True
        with self.member_client(members[0], login=False) as client:
            client.admin.command("replSetInitiate", config)
        with self.member_client(members[0]) as client, contextlib.suppress(PyMongoError):
            client.admin.command("replSetStepUp", 1)
        self.primary(name)

    def member_client(self, member: Member, *, login: bool = True, **options: Any) -> Client:
        """A direct client of one mongod, as __system when `login`."""
        if login:
            password = "".join(self.keyfile.read_text().split())
            options |= {"username": "__system", "password": password, "authSource": "local"}
            options |= {"authMechanism": "SCRAM-SHA-256"}
        return pymongo.MongoClient(
            "127.0.0.1", member.port, directConnection=True, tls=True, tlsCAFile=str(self.ca), **options
        )

    def primary(self, name: str, seconds: float = 40) -> Member:
        """The set's primary, waiting for one; TimeoutError after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for member in self.sets[name]:
                if member.process and member.process.poll() is None and self._writable(member):
                    return member
            time.sleep(0.02)
        raise TimeoutError(f"{name} has no primary")

    def _writable(self, member: Member) -> bool:
        limits = {"serverSelectionTimeoutMS": 500, "socketTimeoutMS": 500}
        with contextlib.suppress(PyMongoError), self.member_client(member, login=False, **limits) as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
        return False

    def uri(
        self, user: str | None = "root", password: str | None = "rootpw", *, port: int | None = None
    ) -> str:
        """A connection string through the router(s)."""
        hosts = ",".join(f"127.0.0.1:{p}" for p in ([port] if port else self.router_ports))
        login = f"{user}:{password}@" if user else ""
        return f"mongodb://{login}{hosts}/?tls=true&tlsCAFile={self.ca}"

    def client(self, user: str | None = "root", password: str | None = "rootpw", **options: Any) -> Client:
        """A client through the router(s); `router` = one router's number."""
        router = options.pop("router", None)
        port = self.router_ports[router] if router is not None else None
        return pymongo.MongoClient(
            self.uri(user, password, port=port), serverSelectionTimeoutMS=10000, **options
        )

    def wait_router(self, port: int, seconds: float = 30) -> None:
        """Wait until a router answers a routed command; TimeoutError when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            uri = self.uri(port=port)
            with (
                contextlib.suppress(PyMongoError),
                pymongo.MongoClient(uri, serverSelectionTimeoutMS=2000) as client,
            ):
                if len(client.admin.command("listShards")["shards"]) == len(self.shards):
                    return
            time.sleep(0.05)
        raise TimeoutError(f"router on port {port} does not serve")

    def close(self) -> None:
        """Kill every process that this object started."""
        processes = [member.process for member in self.all_members()] + list(self.router_processes)
        for process in processes:
            if process is not None and process.poll() is None:
                process.kill()
        for process in processes:
            if process is not None:
                process.wait()


def _wait_port(port: int, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")
