"""No secret is in an output, in user data or in the clear in a declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.aws.local.types import INSTANCE
from infra.aws.local.values import bare, has_secret
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL
VALUES = "aws:secretsmanager/secretVersion:SecretVersion"
SUSPECT = re.compile(
    r"(?i)-----BEGIN [A-Z ]*PRIVATE KEY|(password|secret|token)\s*[=:]\s*['\"]?[^\s'\"$<{]{6,}"
)


def check(stack: Stack) -> list[Finding]:
    """Look at the outputs, at every host's user data, and at secrets that are declared with their value."""
    return [
        *(Finding(f"output {name}", "it carries a secret")
          for name, value in stack.graph.outputs.items() if has_secret(value)),
        *_user_data(stack),
        *(Finding(version.label, "its value is not marked secret and would be in clear in the state")
          for version in stack.graph.of(VALUES) if not has_secret(version.inputs.get("secretString"))),
    ]  # fmt: skip


def _user_data(stack: Stack) -> Iterator[Finding]:
    for host in stack.graph.of(INSTANCE):
        data = host.inputs.get("userData", host.inputs.get("userDataBase64"))
        if has_secret(data) or SUSPECT.search(str(bare(data))):
            yield Finding(host.label, "its user data carry a secret")
