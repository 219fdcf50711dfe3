"""`swapctl` as an ordinary user, where the tests run as root: all is that user's own, and nothing is left."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import cluster_cli.main
from cluster_cli.waiting import wait_until
from infra.sandbox import process
from infra.sandbox.binaries import find
from infra.sandbox.layout import OUTSIDE
from tests.kernel import user_of

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0,
    reason="the tests run as an ordinary user already, and so does every sandbox of theirs",
)
USER, NAME = "nobody", "ordinary"
SWAPCTL = Path(sys.executable).with_name("swapctl")


def barrier(path: Path) -> Path | None:
    """What keeps other users from reading a file or folder: it, or a folder above; None when nothing does."""
    ways = [[place, *place.parents] for place in (path.absolute(), path.resolve())]
    shut = (p for way in ways for p in way if not p.stat().st_mode & (0o004 if p == way[0] else 0o001))
    return next(shut, None)


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A directory of the ordinary user's, on a machine on which this user can read the clone."""
    needed = [SWAPCTL, Path(sys.executable), Path(cluster_cli.main.__file__), Path(tempfile.gettempdir())]
    for path in (*needed, find("mongod") or SWAPCTL):
        if (shut := barrier(path)) is not None:
            pytest.skip(f"user {USER} cannot read {path}: {shut} is closed to others")
    if not OUTSIDE.stat().st_mode & 0o002:
        pytest.skip(f"user {USER} may not write to {OUTSIDE}: chmod 1777 {OUTSIDE}")
    account = pwd.getpwnam(USER)
    directory = Path(tempfile.mkdtemp(prefix="swapctl-")).resolve()
    os.chown(directory, account.pw_uid, account.pw_gid)
    yield directory
    swapctl(directory, "down", "--purge", "--yes", "--name", NAME)
    shutil.rmtree(directory)


def swapctl(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as the ordinary user, with that user's home and state directory."""
    account = pwd.getpwnam(USER)
    return subprocess.run(
        [SWAPCTL, *arguments],
        cwd=directory,
        env={**os.environ, "HOME": str(directory), "SWAPCTL_HOME": str(directory), "USER": USER},
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def is_healthy(own_home: Path) -> bool:
    status = swapctl(own_home, "status", "--context", NAME, "-o", "json")
    return status.returncode == 0 and json.loads(status.stdout)["healthy"] is True


def test_an_ordinary_user_starts_looks_and_leaves_nothing(own_home: Path) -> None:
    root = own_home / "sandboxes" / NAME
    up = swapctl(own_home, "up", "--topology", "minimal", "--name", NAME)
    assert up.returncode == 0, up.stderr
    users = {user_of(pid) for pid in process.marked(root)} - {None}
    assert users == {pwd.getpwnam(USER).pw_uid}
    assert wait_until(lambda: is_healthy(own_home), 30, 0.5)
    down = swapctl(own_home, "down", "--purge", "--yes", "--name", NAME)
    assert down.returncode == 0, down.stderr
    assert process.marked(root) == ()
    assert not root.exists()
