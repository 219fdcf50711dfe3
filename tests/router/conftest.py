"""A small real sharded cluster for the router's tests, started once and always ended."""

from __future__ import annotations

import itertools
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.binaries import find
from tests.router.realcluster import Client, RealCluster
from tests.router.routers import MONGOS, routers

_numbers = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask the contract of every router that there is."""
    if "cluster" in metafunc.fixturenames:
        chosen = routers(metafunc.definition.path.name, metafunc.definition.name, find("mongos"))
        metafunc.parametrize("cluster", chosen, indirect=True, scope="session")


def _start(**shape: Any) -> RealCluster:
    mongod = find("mongod")
    if mongod is None:
        pytest.skip("mongod is missing (make setup installs it)")
    return RealCluster(Path(tempfile.mkdtemp(prefix="router-")), mongod, **shape)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[RealCluster]:
    """Two shards and a config server of one member each, two routers: for everything but failovers."""
    mongos = str(find("mongos")) if request.param == MONGOS else None
    started = _start(members=1, configs=1, mongos=mongos)
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
