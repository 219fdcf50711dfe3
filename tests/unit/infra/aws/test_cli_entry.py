"""The program runs where and how the Pulumi CLI would run it: in `main`'s folder, which has a platform.py."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from infra.aws.local.stacks import ROOT, load_stack, stack_config

# What the CLI's language host does: its folder first on the path, the folder's __main__ as the program.
DRIVER = """
import json, os, runpy, sys
from infra.aws.local.run import Program, preview
from infra.aws.settings import parse_settings
project, stack, values = json.load(sys.stdin)
os.chdir(sys.argv[1])
graph = preview(Program(project, stack, lambda: runpy.run_path(".", run_name="__main__"), values))
import platform
print(json.dumps([len(graph.resources), sorted(graph.outputs), platform.system()]))
"""


def run_as_cli(folder, project, stack, values):
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(
        [sys.executable, "-c", DRIVER, str(folder)],
        input=json.dumps([project, stack, values]),
        env=environment,
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=280,
    )


def test_the_stack_runs_from_its_folder():
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    done = run_as_cli(ROOT / project["main"], project["name"], "ephemeral", stack_config("ephemeral"))
    assert done.returncode == 0, done.stderr[-2000:]
    count, outputs, system = json.loads(done.stdout)
    assert count > 200 and "members" in outputs and system == "Linux"


def test_an_error_reaches_the_cli_as_one_sentence():
    values = {**stack_config("ephemeral"), "swapskill:account": "12"}
    done = run_as_cli(ROOT / "infra", "swapskill", "ephemeral", values)
    assert done.returncode == 1
    assert "RunError: the stack's configuration is refused: swapskill:account of ephemeral" in done.stderr


def test_foundation_runs_from_its_folder():
    folder = ROOT / "infra" / "foundation"
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    values = yaml.safe_load((folder / "Pulumi.foundation.yaml").read_text())["config"]
    done = run_as_cli(folder, project["name"], "foundation", values)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)[1] == ["backend_url", "secrets_provider"]


def test_the_page_makes_a_ci_stack_of_a_file_that_is_there_and_names_its_key(tmp_path):
    page = (ROOT / "docs" / "aws.md").read_text()
    steps = page.partition("**A stack for one CI run.**")[2].partition("\n\nHosts")[0]
    copied = re.search(r"^ *cp (\S+) \"(Pulumi\.ephemeral-\$RUN\.yaml)\"$", steps, re.M)
    init = next(line for line in steps.splitlines() if "stack init" in line)
    assert "--secrets-provider" in init and "--copy-config-from" not in steps
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shutil.copy(ROOT / copied[1], tmp_path / copied[2].replace("$RUN", "412"))
    assert load_stack("ephemeral-412", tmp_path).settings.prefix == "swapskill-ephemeral-412"


@pytest.mark.parametrize("file", ["Pulumi.yaml", "infra/foundation/Pulumi.yaml"])
def test_the_project_declares_what_its_program_reads(file):
    project = yaml.safe_load((ROOT / file).read_text())
    assert project["requiredPulumiVersion"].startswith(">=3.")
    assert all(set(item) >= {"type", "description"} for item in project["config"].values())


def test_every_key_of_the_stack_files_is_declared():
    declared = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])
    from infra.aws.settings import KEYS

    assert {f"swapskill:{key}" for key in KEYS} == declared
    for path in ROOT.glob("Pulumi.*.yaml"):
        assert set(yaml.safe_load(path.read_text())["config"]) <= declared, path.name
