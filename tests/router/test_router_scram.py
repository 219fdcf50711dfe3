"""The server's side of SCRAM: the right password gets in, everything else does not."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.router import scram
from infra.router.errors import CommandError

_ROUNDS = 10


def client_proof(exchange: scram.Exchange, password: str, *, tail: str = "") -> bytes:
    """A client's final message."""
    name = scram.HASHES[exchange.mechanism]
    salt = base64.b64decode(exchange.credentials["salt"])
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, _ROUNDS)
    key = hmac.digest(salted, b"Client Key", name)
    bare = (
        f"c={base64.b64encode(exchange.first.header).decode()},r={exchange.first.nonce}{exchange.nonce}{tail}"
    )
    message = f"{exchange.first.bare},{exchange.server_first},{bare}".encode()
    signature = hmac.digest(hashlib.new(name, key).digest(), message, name)
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    return f"{bare},p={base64.b64encode(proof).decode()}".encode()


def exchange(mechanism: str, password: str, first: bytes = b"n,,n=u,r=abc") -> scram.Exchange:
    """A login that has begun."""
    kept = scram.credentials(mechanism, password, rounds=_ROUNDS, salt=b"0123456789abcdef")
    return scram.Exchange(mechanism, scram.client_first(first), kept)


@pytest.mark.parametrize("mechanism", sorted(scram.HASHES))
@pytest.mark.parametrize("first", [b"n,,n=u,r=abc", b"y,,n=u,r=abc", b"n,a=u,n=u,r=abc"])
def test_the_right_password_gets_in(mechanism: str, first: bytes) -> None:
    login = exchange(mechanism, "secret", first)
    assert login.server_final(client_proof(login, "secret")).startswith(b"v=")


@settings(max_examples=50)
@given(st.text(max_size=12))
def test_no_other_password_does(password: str) -> None:
    login = exchange("SCRAM-SHA-256", "secret")
    if password != "secret":
        with pytest.raises(CommandError) as caught:
            login.server_final(client_proof(login, password))
        assert caught.value.code == 18


def test_another_logins_answer_does_not_count() -> None:
    seen, login = exchange("SCRAM-SHA-256", "secret"), exchange("SCRAM-SHA-256", "secret")
    for payload in (client_proof(seen, "secret"), client_proof(login, "secret", tail="x"), b"", b"v=1"):
        with pytest.raises(CommandError):
            login.server_final(payload)


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_garbage_is_refused_with_the_same_error(payload: bytes) -> None:
    login = exchange("SCRAM-SHA-1", "secret")
    for step in (scram.client_first, login.server_final):
        try:
            step(payload)
        except CommandError as error:
            assert error.code == 18


@pytest.mark.parametrize(
    "payload",
    [b"p=tls-unique,,n=u,r=a", b"n,a=other,n=u,r=a", b"n,,n=u", b"n,,r=a", b"n,,m=1,n=u,r=a", b"n,,n=u,r="],
)
def test_first_messages_that_no_server_takes(payload: bytes) -> None:
    with pytest.raises(CommandError) as caught:
        scram.client_first(payload)
    assert caught.value.code == 18


def test_names_are_unescaped() -> None:
    assert scram.client_first(b"n,,n=a=2Cb=3Dc,r=x").user == "a,b=c"


def test_the_example_of_the_standard() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    kept = scram.credentials("SCRAM-SHA-256", "pencil", rounds=4096, salt=salt)
    first = scram.client_first(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    login = scram.Exchange("SCRAM-SHA-256", first, kept, nonce=nonce)
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    final = f"c=biws,r={first.nonce}{nonce},p={proof}".encode()
    assert login.server_final(final) == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
