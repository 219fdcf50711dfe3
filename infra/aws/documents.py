"""IAM documents: who may assume a role, and what a role may do to which resources. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

VERSION = "2012-10-17"


@dataclass(frozen=True)
class Grant:
    """Actions on named resources; never `*` for either."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def statement(self) -> dict[str, object]:
        """The grant as a statement of a policy."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}


def policy(grants: Sequence[Grant]) -> str:
    """A policy document."""
    return json.dumps({"Version": VERSION, "Statement": [grant.statement() for grant in grants]})


def assumed_by(service: str, account: str = "") -> str:
    """A trust policy: the service may assume the role, on behalf of this account alone where it tells."""
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return json.dumps({"Version": VERSION, "Statement": [statement]})


def tls_only(bucket_arn: str) -> str:
    """A bucket policy that refuses every request without TLS."""
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": VERSION, "Statement": [deny]})


def published_by(topic_arn: str, account: str, services: Sequence[str]) -> str:
    """A topic policy: these services may publish, on behalf of this account alone."""
    allow = {
        "Sid": "Publishers",
        "Effect": "Allow",
        "Principal": {"Service": list(services)},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return json.dumps({"Version": VERSION, "Statement": [allow]})
