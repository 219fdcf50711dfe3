"""Hands a stack over to the real Pulumi CLI, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess

from app_core.errors import RefusedError, SwapskillError
from infra.aws.local.stacks import ROOT, load_stack

# The file of an ephemeral stack is where it was made; elsewhere its state says which key its secrets have.
# Without this the CLI takes a passphrase for it, and asks.
STATE_KNOWS_THE_KEY = {"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}
INSTALL = "install it as pulumi.com/docs/install says, then: pulumi login"


def pulumi_cli() -> str:
    """The path of the Pulumi CLI. RefusedError (6) says what to install."""
    found = shutil.which("pulumi")
    if found is None:
        raise RefusedError("the Pulumi CLI is not on PATH", why="only it may change a cloud", hint=INSTALL)
    return found


def hand_over(verb: str, stack: str, *, yes: bool, dry_run: bool) -> int:
    """Run `pulumi up` or `pulumi destroy` on a stack in this terminal; answers its exit code.

    Raises UsageError for a stack that cannot be right, before the CLI is looked for, RefusedError without it.
    """
    load_stack(stack)
    command = [
        pulumi_cli(),
        *_words(verb, dry_run),
        "--stack",
        stack,
        *(["--yes"] if yes and not dry_run else []),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def is_known(cli: str, stack: str) -> bool:
    """Whether the backend has the stack. Only its own word counts: a backend that fails is no answer "no"."""
    words = [cli, "stack", "--stack", stack, "--show-name", "--non-interactive"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.returncode == 0 or "no stack named" not in ended.stderr


def destroy_stack(cli: str, stack: str) -> None:
    """Destroy a stack, also one without a file here, and forget it. SwapskillError when the CLI fails."""
    environment = {**os.environ, **STATE_KNOWS_THE_KEY}
    for words in (["destroy", "--yes", "--stack", stack], ["stack", "rm", "--yes", stack]):
        ended = subprocess.run([cli, *words, "--non-interactive"], cwd=ROOT, env=environment, check=False)
        if ended.returncode:
            why = f"pulumi {words[0]} ended with {ended.returncode}"
            raise SwapskillError("a stack is not destroyed", on=stack, why=why, hint="read its output above")


def _words(verb: str, dry_run: bool) -> list[str]:
    if not dry_run:
        return [verb]
    return ["preview"] if verb == "up" else ["destroy", "--preview-only"]
