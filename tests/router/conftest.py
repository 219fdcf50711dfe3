"""A small real sharded cluster for the router's tests, started once and always ended."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.binaries import find
from tests.router.realcluster import Client, RealCluster

_numbers = itertools.count(1)


def _start(**shape: Any) -> RealCluster:
    mongod = find("mongod")
    if mongod is None:
        pytest.skip("mongod is missing (make setup installs it)")
    mongos = os.environ.get("ROUTER_TESTS_ON") == "mongos" and find("mongos")
    directory = Path(tempfile.mkdtemp(prefix="router-"))
    return RealCluster(directory, mongod, mongos=str(mongos) if mongos else None, **shape)


@pytest.fixture(scope="session")
def cluster() -> Iterator[RealCluster]:
    """Two shards and a config server of one member each, two routers: for everything but failovers."""
    started = _start(members=1, configs=1)
    try:
        started.boot()
        yield started
    finally:
        started.close()
        shutil.rmtree(started.directory, ignore_errors=True)


@pytest.fixture(scope="module")
def replicated() -> Iterator[RealCluster]:
    """Two shards and a config set of three members each, two routers: for failovers."""
    started = _start(members=3, configs=3)
    try:
        started.boot()
        yield started
    finally:
        started.close()
        shutil.rmtree(started.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def client(cluster: RealCluster) -> Iterator[Client]:
    """The administrator through the first router."""
    with cluster.client(router=0) as connected:
        yield connected


@pytest.fixture
def database(client: Client) -> Iterator[str]:
    """The name of a database that the test may fill; it is dropped afterwards."""
    name = f"t{next(_numbers)}_{secrets.token_hex(3)}"
    client.admin.command("enableSharding", name, primaryShard="sa")
    yield name
    client.drop_database(name)


@pytest.fixture
def sharded(client: Client, database: str) -> Callable[..., str]:
    """Makes a collection with a ranged key `k`: below 0 on shard sa, from 0 on shard sb."""

    def make(name: str = "c") -> str:
        namespace = f"{database}.{name}"
        client.admin.command("shardCollection", namespace, key={"k": 1})
        client.admin.command("split", namespace, middle={"k": 0})
        client.admin.command("moveChunk", namespace, find={"k": 1}, to="sb", _waitForDelete=True)
        return name

    return make


@pytest.fixture
def make_user(client: Client, cluster: RealCluster) -> Iterator[Callable[..., Client]]:
    """Makes a user with roles and returns a logged-in client of it."""
    made: list[tuple[str, Client]] = []

    def make(*roles: Any, router: int = 0, **options: Any) -> Client:
        name = f"u{next(_numbers)}_{secrets.token_hex(3)}"
        client.admin.command("createUser", name, pwd="pw", roles=list(roles))
        made.append((name, cluster.client(name, "pw", router=router, **options)))
        return made[-1][1]

    yield make
    for name, connected in made:
        connected.close()
        client.admin.command("dropUser", name)
