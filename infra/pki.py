"""The cluster's own certificate authority: one CA, one certificate a member or user."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.credentials import write_private

CLIENTS = (
    "operator",
    "postgres",
    "replicator",
    "rewind",
    "app",
    "prober",
    "haproxy",
    "pgbouncer",
)
_LIFETIME = datetime.timedelta(days=397)
_ORGANISATION = "SwapSkill"


@dataclass(frozen=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def ensure_pki(directory: Path, members: Iterable[str], addresses: Iterable[str] = ("127.0.0.1",)) -> None:
    """Make the CA and every certificate that is missing; files 0600.

    Each certificate carries serverAuth and clientAuth: etcd's gateway and MongoDB members are both
    server and client with one certificate. Names: the member or user as CN, `localhost` and the
    addresses as subject alternative names.
    """
    authority = _load(directory) or _new_authority(directory)
    for name in (*members, *CLIENTS):
        if not (directory / f"{name}.pem").exists():
            _issue(directory, authority, name, tuple(addresses))


def _load(directory: Path) -> _Authority | None:
    certificate, key = directory / "ca.crt", directory / "ca.key"
    if not (certificate.exists() and key.exists()):
        return None
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return _Authority(loaded, x509.load_pem_x509_certificate(certificate.read_bytes()))


def _new_authority(directory: Path) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("SwapSkill sandbox CA")
    builder = _builder(name, name, key).add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    write_private(directory / "ca.key", _key_pem(key))
    write_private(directory / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))
    return _Authority(key, certificate)


def _issue(directory: Path, authority: _Authority, name: str, addresses: tuple[str, ...]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.DNSName(name)]
    alternative = [
        *names,
        *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses),
    ]
    certificate = (
        _builder(_name(name), authority.certificate.subject, key)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    write_private(directory / f"{name}.crt", public)
    write_private(directory / f"{name}.key", _key_pem(key))
    write_private(directory / f"{name}.pem", _key_pem(key) + public)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # PKCS8: PostgreSQL's libpq and HAProxy both read it, the older EC form not everywhere.
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
