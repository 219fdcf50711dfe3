"""The engines that are found are compared with those that the topology names."""

import pytest

from app_core.errors import RefusedError
from infra.sandbox import binaries, preflight, versions
from infra.topology import load_topology

ANSWERS = {
    "mongod": "db version v6.0.5\\nBuild Info: {",
    "postgres": "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
}


@pytest.fixture(autouse=True)
def install(tmp_path, monkeypatch):
    """Makes programs that answer --version as given; every other one is not found."""
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path / "home"))

    def put(name, answer, code=0):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\nprintf '{answer}\\n'\nexit {code}\n")
        path.chmod(0o755)

    def find(name, *_):
        return tmp_path / name if (tmp_path / name).exists() else None

    monkeypatch.setattr(binaries, "find", find)
    for name, answer in ANSWERS.items():
        put(name, answer)
    return put


def found(name="sandbox"):
    return [(p.on.rpartition("/")[2], p.what, p.cure) for p in versions.problems(load_topology(name))]


def test_another_patch_of_the_same_line_is_no_problem(install):
    assert found() == []
    install("mongod", "db version v6.0.27")
    install("postgres", "postgres (PostgreSQL) 15.1")
    assert found() == []


@pytest.mark.parametrize("name", ["staging", "production", "ephemeral"])
def test_a_shipped_topology_of_another_line_is_told_with_both_cures(name):
    ((program, what, cure),) = found(name)
    assert (program, what) == ("mongod", "it is 6.0.5, the topology says 8.0.17")
    assert "export SWAPCTL_MONGOD=" in cure and 'versions.mongodb: "6.0.5"' in cure


def test_a_throw_away_cluster_takes_another_line_unless_it_is_known_to_be_bad(install):
    install("mongos", "mongos version v7.0.1")
    install("mongod", "db version v7.0.1")
    install("postgres", "postgres (PostgreSQL) 16.2")
    assert found("sandbox") == found("ephemeral") == []
    install("postgres", "postgres (PostgreSQL) 12.2")
    assert [what for _, what, _ in found("ephemeral")] == ["it is 12.2, the topology says 15.20"]


def test_a_mongos_and_a_postgres_of_another_line_are_told(install):
    install("mongod", "db version v8.0.17")
    install("mongos", "mongos version v7.0.1")
    install("postgres", "postgres (PostgreSQL) 16.2")
    (router, database) = sorted(found("production"))
    assert router[0] == "mongos" and "SWAPCTL_MONGOS" in router[2]
    assert database[0] == "postgres" and "apt-get install postgresql-15" in database[2]


def test_one_that_cannot_run_is_told(install):
    install("mongod", "db version v6.0.5", code=1)
    assert [what for _, what, _ in found()] == ["it does not answer --version"]


def test_up_is_refused_with_the_others():
    with pytest.raises(RefusedError, match=r"it is 6\.0\.5, the topology says 8\.0\.17") as caught:
        preflight.check("demo", load_topology("ephemeral"))
    assert "apt-get install haproxy" in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "actual", "numbers", "same"),
    [
        ("6.0.5", "6.0.27", 2, True),
        ("6.0", "6.10.1", 2, False),
        ("6", "6.3.1", 2, True),
        ("15.20", "15.18", 1, True),
        ("15", "17beta1", 1, False),
        ("1", "15", 1, False),
    ],
)
def test_a_release_line(wanted, actual, numbers, same):
    assert (versions.mismatch(wanted, actual, numbers) is None) is same


def test_the_major_version_chooses_the_directory(monkeypatch):
    monkeypatch.undo()
    for version in ("15", "15.20"):
        assert str(binaries._special("psql", version)[0]) == "/usr/lib/postgresql/15/bin/psql"
    with pytest.raises(RefusedError) as caught:
        binaries.usable("initdb", None, "16.3")
    assert caught.value.hint == binaries.as_root("apt-get install postgresql-16")
