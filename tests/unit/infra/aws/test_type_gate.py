"""A misspelt argument is found by the type checker, and by nothing else: so the type checker is the gate."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import pytest

from infra.aws.local.stacks import ROOT

LOOSE = re.compile(r"# pyright: (basic|standard|strict=false|report\w+=false)|# (type|pyright): ignore(?!\[)")
WRONG_CLASS, WRONG_MAPPING = 3, 4  # lines, counted from 0
PROGRAM = """\
import pulumi_aws as aws


aws.ec2.InstanceRootBlockDeviceArgs(encryptd=True)
aws.ec2.Instance("wrong", root_block_device={"encryptd": True})
aws.ec2.InstanceRootBlockDeviceArgs(encrypted=True)
aws.ec2.Instance("right", root_block_device={"encrypted": True})
"""


@pytest.mark.timeout(600)  # the first look at the provider's types takes half a minute of one core
def test_a_misspelt_key_fails_the_gate_and_the_right_one_passes(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    config = {"typeCheckingMode": "strict", "venvPath": str(ROOT), "venv": ".venv", "include": ["program.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )
    assert done.returncode == 1, "make lint fails with this code"
    found = [item for item in json.loads(done.stdout)["generalDiagnostics"] if item["severity"] == "error"]
    assert {item["range"]["start"]["line"] for item in found} == {WRONG_CLASS, WRONG_MAPPING}


def test_the_gate_is_strict_in_the_whole_room():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["pyright"]["strict"] == ["infra"]
    loosened = [path for path in (ROOT / "infra").rglob("*.py") if LOOSE.search(path.read_text())]
    assert not loosened, "a whole file is checked less strictly, or an error is ignored without its name"
    assert "$(BIN)/pyright" in (ROOT / "Makefile").read_text()
