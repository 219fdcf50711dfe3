"""HTTPS with the operator's certificate: Patroni's REST API and etcd's gateway."""

from __future__ import annotations

import base64
import functools
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any

from infra.context import Context

REST_USER = "patroni"
TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Answer:
    """What a server answered. `body`: parsed JSON, or the text where it is none."""

    status: int
    body: Any

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object; empty when it is none."""
        return self.body if isinstance(self.body, dict) else {}


def rest(
    ctx: Context,
    member: str,
    path: str,
    *,
    method: str = "GET",
    body: object = None,
    timeout: float = TIMEOUT_S,
) -> Answer:
    """One request to a member's Patroni. Raises OSError (refused, timed out) or http.client.HTTPException."""
    return request(ctx, member, "rest", path, method, body, timeout, _authorization(ctx))


def request(
    ctx: Context,
    member: str,
    port: str,
    path: str,
    method: str,
    body: object,
    timeout: float,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request over mutual TLS to one named port of a member."""
    endpoint = ctx.endpoint(member)
    connection = http.client.HTTPSConnection(
        endpoint.address, endpoint.ports[port], timeout=timeout, context=_tls(ctx)
    )
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, _parsed(response.read()))
    finally:
        connection.close()


def _parsed(raw: bytes) -> Any:
    text = raw.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tls(ctx: Context) -> ssl.SSLContext:
    pair = ctx.credentials.cert("operator")
    return _context(str(ctx.credentials.ca_file), str(pair.cert), str(pair.key))


@functools.lru_cache(maxsize=8)
def _context(ca: str, cert: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    return context


def _authorization(ctx: Context) -> dict[str, str]:
    pair = f"{REST_USER}:{ctx.credentials.secret('patroni_rest')}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
