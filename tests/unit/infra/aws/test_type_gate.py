"""A misspelt argument is found by the type checker, and by nothing else: so the type checker is the gate."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pulumi_aws as aws
import pytest

from infra.aws.local.stacks import ROOT

PROGRAM = """
import pulumi_aws as aws

aws.ec2.InstanceRootBlockDeviceArgs({argument}=True)
aws.ec2.Instance("host", root_block_device={{"{key}": True}})
"""


def findings(tmp_path, argument, key):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(argument=argument, key=key))
    config = {"typeCheckingMode": "strict", "venvPath": str(ROOT), "venv": ".venv", "include": ["program.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    return [
        item["message"]
        for item in json.loads(done.stdout)["generalDiagnostics"]
        if item["severity"] == "error"
    ]


def test_a_misspelt_key_fails_the_gate(tmp_path):
    found = findings(tmp_path, "encryptd", "encryptd")
    assert len(found) >= 2 and all("encryptd" in message for message in found[:2]), found


def test_the_right_key_passes(tmp_path):
    assert findings(tmp_path, "encrypted", "encrypted") == []


def test_the_program_itself_takes_a_misspelt_key_of_a_dict_without_a_word():
    with pytest.raises(TypeError):
        aws.ec2.InstanceRootBlockDeviceArgs(encryptd=True)  # type: ignore[call-arg]
    loose: dict[str, bool] = {"encryptd": True}
    assert isinstance(loose, dict)


def test_the_gate_is_strict_where_resources_are_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {"infra/aws/*.py", "infra/aws/components", "infra/foundation", "infra/policy"} <= set(
        project["tool"]["pyright"]["strict"]
    )
    assert "$(BIN)/pyright" in (ROOT / "Makefile").read_text()
