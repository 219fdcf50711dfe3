"""The payments domain's doors: TLS on every one, and nobody in without a certificate or a password."""

from __future__ import annotations

import http.client
import ssl
from typing import Any

import psycopg
import pytest

from cluster_cli.engines.postgresql import connect
from cluster_cli.engines.postgresql.objectstore import status
from infra.context import Context

pytestmark = pytest.mark.cluster


def options(ctx: Context, user: str, secret: str, certificate: str | None, sslmode: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "user": user,
        "password": ctx.credentials.secret(secret),
        "dbname": "payments",
        "sslmode": sslmode,
        "sslrootcert": str(ctx.credentials.ca_file),
        "connect_timeout": "5",
        # neither a certificate nor a password from the home directory of whoever runs the tests
        "sslcert": "/nonexistent",
        "passfile": "/nonexistent",
    }
    if certificate is not None:
        pair = ctx.credentials.cert(certificate)
        found |= {"sslcert": str(pair.cert), "sslkey": str(pair.key)}
    return found


@pytest.mark.parametrize(
    ("user", "secret", "certificate", "sslmode"),
    [
        ("postgres", "pg_superuser", "postgres", "disable"),  # no TLS
        ("postgres", "pg_superuser", None, "verify-full"),  # no certificate
        ("postgres", "pg_superuser", "app", "verify-full"),  # somebody else's certificate
        ("postgres", "pg_app", "postgres", "verify-full"),  # a wrong password
        ("replicator", "pg_replicator", "replicator", "verify-full"),  # replication only
    ],
)
def test_a_member_refuses(
    sandbox: Context, user: str, secret: str, certificate: str | None, sslmode: str
) -> None:
    member = sandbox.of_kind("postgres", "payments")[0]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host=member.address,
            port=member.ports["postgres"],
            **options(sandbox, user, secret, certificate, sslmode),
        ).close()


@pytest.mark.parametrize(("secret", "sslmode"), [("pg_app", "disable"), ("pg_prober", "verify-full")])
def test_pgbouncer_refuses_clear_text_and_wrong_passwords(
    sandbox: Context, secret: str, sslmode: str
) -> None:
    proxy = sandbox.of_kind("proxy")[0]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host=proxy.address,
            port=proxy.ports["pgbouncer"],
            **options(sandbox, "app", secret, None, sslmode),
        ).close()


def test_an_application_needs_only_its_password_at_pgbouncer(sandbox: Context) -> None:
    proxy = sandbox.of_kind("proxy")[0]
    given = options(sandbox, "app", "pg_app", None, "verify-full")
    with psycopg.connect(
        host=proxy.address, port=proxy.ports["pgbouncer"], prepare_threshold=None, **given
    ) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("app",)


def test_the_application_cannot_change_the_ledger(sandbox: Context) -> None:
    with connect(sandbox, "app") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM ledger_entry")


@pytest.mark.parametrize(
    ("kind", "port", "path"), [("etcd", "client", "/health"), ("postgres", "rest", "/patroni")]
)
def test_etcd_and_patroni_refuse_a_client_without_a_certificate(
    sandbox: Context, kind: str, port: str, path: str
) -> None:
    endpoint = sandbox.of_kind(kind)[0]
    tls = ssl.create_default_context(cafile=str(sandbox.credentials.ca_file))
    client = http.client.HTTPSConnection(endpoint.address, endpoint.ports[port], timeout=5, context=tls)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        client.request("GET", path)
        client.getresponse().read()


def test_patroni_refuses_a_change_without_its_password(sandbox: Context) -> None:
    endpoint = sandbox.of_kind("postgres")[0]
    pair = sandbox.credentials.cert("haproxy")
    tls = ssl.create_default_context(cafile=str(sandbox.credentials.ca_file))
    tls.load_cert_chain(pair.cert, pair.key)
    client = http.client.HTTPSConnection(endpoint.address, endpoint.ports["rest"], timeout=5, context=tls)
    client.request("POST", "/restart", "{}")
    assert client.getresponse().status == 401


def test_the_object_store_answers_signed_requests_alone(sandbox: Context) -> None:
    store = sandbox.of_kind("objectstore")[0]
    assert status(sandbox, store.member, "GET", "/swapskill-backup")[0] == 200
    tls = ssl.create_default_context(cafile=str(sandbox.credentials.ca_file))
    client = http.client.HTTPSConnection("localhost", store.ports["s3"], timeout=5, context=tls)
    client.request("GET", "/swapskill-backup")
    assert client.getresponse().status == 403
