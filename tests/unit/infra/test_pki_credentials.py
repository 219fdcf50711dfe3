"""Certificates and secrets: what each carries, and that nobody else can read them."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.credentials import SECRET_NAMES, Credentials, generate_secrets
from infra.pki import CLIENTS, ensure_pki


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pki")
    generate_secrets(path)
    ensure_pki(path, ["pg1", "members-1-a"])
    return path


def certificate(directory: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Credentials(directory).cert(name).cert.read_bytes())


@pytest.mark.parametrize("name", ["pg1", "members-1-a", *CLIENTS])
def test_each_has_its_name_both_usages_and_loopback(directory: Path, name: str) -> None:
    found = certificate(directory, name)
    common = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert common == name
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert ipaddress.ip_address("127.0.0.1") in names.get_values_for_type(x509.IPAddress)
    assert "localhost" in names.get_values_for_type(x509.DNSName)


def test_the_authority_signed_them(directory: Path) -> None:
    authority = x509.load_pem_x509_certificate(Credentials(directory).ca_file.read_bytes())
    certificate(directory, "pg1").verify_directly_issued_by(authority)


def test_a_server_and_a_client_agree(directory: Path) -> None:
    pair = Credentials(directory).cert("pg1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.pem)
    context.load_cert_chain(pair.cert, pair.key)


def test_only_the_owner_reads_them(directory: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_a_second_run_changes_nothing_and_fills_gaps(directory: Path) -> None:
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    (directory / "pg1.pem").unlink()
    generate_secrets(directory)
    ensure_pki(directory, ["pg1", "members-1-a"])
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert set(after) == set(before)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"pg1.pem", "pg1.crt", "pg1.key"}


def test_secrets_are_there_and_differ(directory: Path) -> None:
    secrets = [Credentials(directory).secret(name) for name in SECRET_NAMES]
    assert len(set(secrets)) == len(SECRET_NAMES)
    assert all(len(secret) >= 32 for secret in secrets)


def test_the_keyfile_is_what_mongod_takes(directory: Path) -> None:
    text = Credentials(directory).keyfile.read_text().strip()
    assert 6 <= len(text) <= 1024
    assert text.isalnum()
