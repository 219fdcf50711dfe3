"""The real Pulumi CLI previews each stack, where it is installed and an account can be asked.

It works on a copy: `pulumi stack init` writes into the stack's file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import boto3
import pytest
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.local import stacks
from infra.aws.region import PAGER_SECRET

CODE = ("app_core", "infra")


def copy_of_the_project(folder):
    """The files that the CLI reads and writes, copied; the code and the environment, linked."""
    for path in stacks.ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, folder)
    for name in CODE:
        (folder / name).symlink_to(stacks.ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "state").mkdir()
    return folder


def environment_of(folder):
    state = {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "x"}
    return {**os.environ, **state}


def account_or_skip(stack):
    """The number of the account whose credentials are here; skips without, and without the pager's secret."""
    session = boto3.Session()  # of its own: the default one keeps what another test gave it
    try:
        account = session.client("sts", region_name="eu-west-3").get_caller_identity()["Account"]
        for region in stacks.load_stack(stack).settings.cidrs if stack != "ephemeral" else ():
            session.client("secretsmanager", region_name=region).get_secret_value(SecretId=PAGER_SECRET)
    except (BotoCoreError, ClientError) as error:
        pytest.skip(f"no AWS account can be asked: {error}")
    return account


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="no Pulumi CLI on PATH")
@pytest.mark.parametrize("stack", ["ephemeral", "staging", "production"])
def test_the_real_cli_previews_each_stack(stack, tmp_path):
    account, folder = account_or_skip(stack), copy_of_the_project(tmp_path)
    for words in (
        ["stack", "init", stack],
        ["config", "set", "account", account, "--stack", stack],
        ["preview", "--stack", stack, "--non-interactive"],
    ):
        subprocess.run(["pulumi", *words], cwd=folder, env=environment_of(folder), check=True)


def test_without_credentials_it_is_skipped_with_the_reason(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    with pytest.raises(pytest.skip.Exception, match="no AWS account can be asked: .*credentials"):
        account_or_skip("production")


def test_what_the_cli_writes_stays_in_the_copy(tmp_path):
    before = {path: path.read_bytes() for path in stacks.ROOT.glob("Pulumi*.yaml")}
    folder = copy_of_the_project(tmp_path)
    for path in folder.glob("Pulumi.*.yaml"):
        path.write_text(path.read_text() + "encryptionsalt: v1\n")
    assert before and {path: path.read_bytes() for path in before} == before
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    python = folder / project["runtime"]["options"]["virtualenv"] / "bin" / "python"
    assert (folder / project["main"] / "__main__.py").exists() and python.exists()


def test_the_program_runs_from_the_copy(tmp_path):
    """The linked folders are found as the CLI finds them: by the environment, with `main` as the folder."""
    folder = copy_of_the_project(tmp_path)
    words = [sys.executable, "-c", "import app_core, infra; print(infra.__file__)"]
    found = subprocess.run(words, cwd=folder,
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert found.stdout.strip() == str(folder / "infra" / "__init__.py")
