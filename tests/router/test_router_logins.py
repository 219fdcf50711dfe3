"""Logins as on a mongos: users are cached with their credentials, changes count at once, restrictions too."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.errors import OperationFailure, PyMongoError

from tests.router.realcluster import Client, RealCluster

MakeUser = Callable[..., Client]


def login(cluster: RealCluster, user: str, password: str = "pw", **options: Any) -> dict[str, Any]:
    """A new connection that logs in and asks who it is."""
    with cluster.client(user, password, router=0, **options) as connected:
        return connected.admin.command("connectionStatus")["authInfo"]


@contextmanager
def without_config_servers(cluster: RealCluster) -> Iterator[None]:
    """All config servers are dead meanwhile."""
    members = cluster.sets["cfg"]
    for member in members:
        member.signal(signal.SIGKILL)
    try:
        yield
    finally:
        for member in members:
            cluster.start_member(member)
        cluster.primary("cfg")
        for port in cluster.router_ports:
            cluster.wait_router(port)


def test_known_users_log_in_without_config_servers(
    cluster: RealCluster, client: Client, make_user: MakeUser
) -> None:
    known = make_user("readWriteAnyDatabase", router=0)
    known.logins.c.insert_one({"_id": 1})
    name = known.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"][0]["user"]
    with without_config_servers(cluster):
        for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
            assert login(cluster, name, authMechanism=mechanism)["authenticatedUsers"][0]["user"] == name
        with cluster.client(name, "pw", router=0) as again:
            assert again.logins.c.find_one({"_id": 1})
        with pytest.raises(OperationFailure) as caught:
            login(cluster, name, "wrong")
        assert caught.value.code == 18
        with pytest.raises(PyMongoError) as refused:
            login(cluster, "nobody", authMechanism="SCRAM-SHA-256")
        assert getattr(refused.value, "code", None) == 94
    client.drop_database("logins")


def test_a_changed_password_counts_at_once(cluster: RealCluster, client: Client, make_user: MakeUser) -> None:
    name = make_user("read").admin.command("connectionStatus")["authInfo"]["authenticatedUsers"][0]["user"]
    client.admin.command("updateUser", name, pwd="new")
    with pytest.raises(OperationFailure) as caught:
        login(cluster, name, "pw")
    assert caught.value.code == 18
    assert login(cluster, name, "new")["authenticatedUsers"]


@pytest.mark.parametrize("user", ["root", "nobody"])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_wrong_logins_all_get_the_same_answer(cluster: RealCluster, user: str, mechanism: str) -> None:
    with pytest.raises(OperationFailure) as caught:
        login(cluster, user, "wrong", authMechanism=mechanism)
    assert (caught.value.code, (caught.value.details or {})["errmsg"]) == (18, "Authentication failed.")


def test_users_of_one_mechanism_use_no_other(cluster: RealCluster, client: Client) -> None:
    client.admin.command("createUser", "one", pwd="pw", roles=[], mechanisms=["SCRAM-SHA-256"])
    assert login(cluster, "one")["authenticatedUsers"]
    with pytest.raises(OperationFailure) as caught:
        login(cluster, "one", authMechanism="SCRAM-SHA-1")
    assert caught.value.code == 18
    hello = client.admin.command("hello", saslSupportedMechs="admin.one")
    assert hello["saslSupportedMechs"] == ["SCRAM-SHA-256"]
    assert "saslSupportedMechs" not in client.admin.command("hello", saslSupportedMechs="admin.nobody")
    client.admin.command("dropUser", "one")


@pytest.mark.parametrize(("source", "allowed"), [("127.0.0.0/8", True), ("10.0.0.0/8", False)])
def test_restrictions_look_at_the_clients_own_address(
    cluster: RealCluster, client: Client, source: str, allowed: bool
) -> None:
    client.admin.command(
        "createUser", "far", pwd="pw", roles=[], authenticationRestrictions=[{"clientSource": [source]}]
    )
    try:
        if allowed:
            assert login(cluster, "far")["authenticatedUsers"]
        else:
            with pytest.raises(OperationFailure) as caught:
                login(cluster, "far")
            assert caught.value.code == 18
    finally:
        client.admin.command("dropUser", "far")


def test_no_reply_shows_credentials(client: Client) -> None:
    for command in ({"connectionStatus": 1, "showPrivileges": True}, {"usersInfo": "root"}):
        assert "storedKey" not in repr(client.admin.command(command))
