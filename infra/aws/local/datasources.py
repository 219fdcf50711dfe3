"""Data sources that the program may ask, answered without an account: only facts that AWS publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from app_core.errors import UsageError
from infra.aws.local.standin import ACCOUNT
from infra.aws.local.values import Secret

Answerer = Callable[[Mapping[str, Any], str], Mapping[str, Any]]


def answer(token: str, arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """The answer of a data source; UsageError for one that nobody here can answer."""
    kind = token.rsplit(":", 1)[-1]
    if kind not in _ANSWERS:
        raise UsageError("the program asks a data source that has no answer here", on=token)
    return _ANSWERS[kind](arguments, region)


def _zones(_: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    return {"id": region, "names": [f"{region}{letter}" for letter in "abc"]}


def _identity(_: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": ACCOUNT}


def _region(_: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    return {"id": region, "name": region, "region": region}


def _partition(_: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com"}


def _image(arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """The newest image of a name: which one that is, only the cloud knows; the id says what was asked for."""
    names = [item["values"][0] for item in arguments.get("filters", ()) if item["name"] == "name"]
    digest = sha256(f"{region} {names}".encode()).hexdigest()
    return {"id": f"ami-{digest[:17]}", "name": names[0] if names else ""}


def _secret(arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """A secret that a person filled in: an address that nobody answers (RFC 2606)."""
    name = str(arguments["secretId"])
    value = Secret("https://pager.example/integration")
    return {"id": name, "secretId": name, "arn": name, "versionId": "1", "secretString": value}


_ANSWERS: Mapping[str, Answerer] = {
    "getAmi": _image,
    "getAvailabilityZones": _zones,
    "getCallerIdentity": _identity,
    "getPartition": _partition,
    "getRegion": _region,
    "getSecretVersion": _secret,
}
