"""A cluster that lives as long as a block of code or a command: for CI and tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from app_core.errors import UsageError
from cluster_cli.environment import variables
from cluster_cli.interrupts import terminated_as_interrupt
from cluster_cli.render import say
from infra.context import Context, load_context
from infra.sandbox import contexts, orphans, preflight
from infra.sandbox.down import down
from infra.sandbox.up import up
from infra.topology import Topology

# Ends the sandbox of a swapctl that was killed -9, where no other command comes by that would.
SAFETY_TTL_S = 6 * 3600.0
CHILD_PATIENCE_S = 20.0


@contextmanager
def ephemeral_cluster(topology: Topology, progress: Callable[[str], None] = say) -> Iterator[Context]:
    """A fresh sandbox under a random name; forgotten when the block ends, however it ends."""
    orphans.sweep(progress)
    name = f"run-{secrets.token_hex(4)}"
    preflight.check(name, topology)
    try:
        orphans.own(name)
        up(name, topology, progress, SAFETY_TTL_S)
        yield load_context(name)
    finally:
        if name in contexts.present():  # of a start that failed, only its logs are there to be read
            down(name, purge=True, force=True)  # a drill of a killed command must not keep it alive


def run_beside_cluster(command: Sequence[str], topology: Topology) -> int:
    """Run the command with the cluster's URIs in its environment; its exit code (128 + n after signal n).

    Raises UsageError (2) for a command that is not there, before anything is started.
    """
    if shutil.which(command[0]) is None:
        raise UsageError(
            "cannot run the command", on=command[0], why="no such program", hint=f"command -v {command[0]}"
        )
    with terminated_as_interrupt(), ephemeral_cluster(topology) as ctx:
        try:
            child = subprocess.Popen(command, env={**os.environ, **variables(ctx)})
        except OSError as error:
            raise UsageError("cannot run the command", on=command[0], why=error.strerror) from error
        return _wait(child)


def _wait(child: subprocess.Popen[bytes]) -> int:
    try:
        code = child.wait()
    except BaseException as why:
        _end(child, told=not (isinstance(why, SystemExit) and why.code == 128 + signal.SIGTERM))
        raise
    return code if code >= 0 else 128 - code


def _end(child: subprocess.Popen[bytes], *, told: bool) -> None:
    """End the command. `told`: the terminal told it as well, and it may be lifting a fault by now."""
    if told:
        say(f"waiting up to {CHILD_PATIENCE_S:g} s for the command to end")
        with suppress(subprocess.TimeoutExpired):
            child.wait(CHILD_PATIENCE_S)
            return
    child.terminate()
    child.wait()
