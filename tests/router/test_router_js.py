"""The router through the npm driver and mongosh, where node and its packages are there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.router.realcluster import RealCluster

_JS = Path(__file__).parent / "js"


def test_npm_driver(cluster: RealCluster) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing (apt-get install nodejs npm)")
    if not (_JS / "node_modules" / "mongodb").exists():
        pytest.skip("the npm driver is missing (npm ci --prefix tests/router/js)")
    result = subprocess.run(
        [node, str(_JS / "contract.mjs")],
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
