"""The S3 server that keeps the archive: just enough of its protocol to make and find a bucket."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from app_core.errors import SwapskillError
from infra.context import Context

REGION = "us-east-1"
# The name that pgBackRest uses, too: it does not match addresses in certificates.
HOST = "localhost"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    """An access key and its secret."""

    access: str
    secret: str


def ensure_bucket(ctx: Context, store: str, bucket: str) -> bool:
    """Make the bucket unless it is there; whether it was made. Raises OSError, SwapskillError."""
    if status(ctx, store, "HEAD", f"/{bucket}")[0] == 200:
        return False
    code, text = status(ctx, store, "PUT", f"/{bucket}")
    if code not in (200, 409):
        raise SwapskillError(
            "the bucket cannot be made", on=bucket, why=f"{code} {text[:200]}", hint=f"swapctl logs {store}"
        )
    return code == 200


def status(ctx: Context, store: str, method: str, path: str, timeout: float = 5.0) -> tuple[int, str]:
    """One signed request without a body: HTTP status and text. Raises OSError when nobody answers."""
    endpoint = ctx.endpoint(store)
    keys = Keys(ctx.credentials.secret("s3_access"), ctx.credentials.secret("s3_secret"))
    host = f"{HOST}:{endpoint.ports['s3']}"
    tls = ssl.create_default_context(cafile=str(ctx.credentials.ca_file))
    connection = http.client.HTTPSConnection(HOST, endpoint.ports["s3"], timeout=timeout, context=tls)
    try:
        connection.request(method, path, headers=signed_headers(keys, method, host, path, datetime.now(UTC)))
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def signed_headers(keys: Keys, method: str, host: str, path: str, at: datetime) -> dict[str, str]:
    """Headers of a request without body and query, signed with AWS Signature Version 4."""
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    headers = {"host": host, "x-amz-content-sha256": _EMPTY, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{_EMPTY}"
    scope = f"{day}/{REGION}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys.secret}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {**headers, "Authorization": authorization}
