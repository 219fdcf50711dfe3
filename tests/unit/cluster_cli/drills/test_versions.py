"""A report prints the versions that the engines answer with, not those that a file asks for."""

from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from pymongo.errors import ServerSelectionTimeoutError

from cluster_cli.drills import gather, versions
from infra.timing import solve
from infra.topology import load_topology


@pytest.fixture
def ctx():
    topology = load_topology("production")  # it asks for 8.0.17 and 15.20
    return SimpleNamespace(topology=topology, timing=solve(topology), platform_name="sandbox")


def answering(answer):
    @contextmanager
    def opened(*_, **__):
        row = SimpleNamespace(fetchone=lambda: answer)
        yield SimpleNamespace(server_info=lambda: {"version": answer}, execute=lambda _: row)

    return opened


def failing(error):
    def opened(*_, **__):
        raise error

    return opened


def test_the_configuration_of_a_report_has_what_runs(ctx, monkeypatch):
    monkeypatch.setattr(versions, "mongo_client", answering("6.0.5"))
    monkeypatch.setattr(versions, "connect", answering(("15.18 (Debian 15.18-0+deb12u1)",)))
    assert gather.configuration(ctx)["versions"] == "MongoDB 6.0.5, PostgreSQL 15.18"


def test_an_engine_that_does_not_answer_is_of_unknown_version(ctx, monkeypatch):
    monkeypatch.setattr(versions, "mongo_client", failing(ServerSelectionTimeoutError("none")))
    monkeypatch.setattr(versions, "connect", failing(psycopg.OperationalError("none")))
    assert versions.running(ctx) == "MongoDB of unknown version, PostgreSQL of unknown version"


def test_a_domain_that_the_topology_lacks_is_not_asked(ctx, monkeypatch):
    monkeypatch.setattr(versions, "mongo_client", answering("6.0.5"))
    ctx.topology = SimpleNamespace(social=object(), payments=None)
    assert versions.running(ctx) == "MongoDB 6.0.5"
