"""A shell gets its secrets in a file that only its user can read, and that ends with the cluster."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

from app_core.errors import RefusedError
from cluster_cli import shells
from infra.credentials import Credentials


def context(directory) -> Any:
    return SimpleNamespace(credentials=Credentials(directory))


@pytest.fixture
def started(monkeypatch):
    """What would have been executed: program, arguments, environment."""
    calls = []
    monkeypatch.setattr(shells.os, "execve", lambda *words: calls.append(words))
    monkeypatch.setattr(shells.os, "execv", lambda *words: calls.append((*words, {})))
    monkeypatch.setattr(shells.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(shells, "pg_uri", lambda *_: "postgresql://app:hush@127.0.0.1:1,127.0.0.1:2/payments")
    monkeypatch.setattr(shells, "mongo_uri", lambda *_: "mongodb://app:hush@127.0.0.1:3/")
    return calls


@pytest.mark.parametrize(("engine", "file"), [("postgres", "pg_service.conf"), ("mongo", "connect.js")])
def test_no_secret_in_argv_and_a_private_file_beside_the_others(started, tmp_path, engine, file):
    ctx = context(tmp_path)
    shells.exec_shell(ctx, engine, admin=False)
    [(program, arguments, _)] = started
    assert not any("hush" in word for word in arguments)
    assert "hush" in (tmp_path / file).read_text()
    assert os.stat(tmp_path / file).st_mode & 0o777 == 0o600
    shells.exec_shell(ctx, engine, admin=False)
    assert [path.name for path in tmp_path.iterdir()] == [file], "a second shell leaves no second file"


@pytest.mark.parametrize(
    ("engine", "hint"),
    [("postgres", "as root: apt-get install postgresql-client"), ("mongo", "npm install --global mongosh")],
)
def test_a_missing_shell_is_refused_with_the_install_line(monkeypatch, tmp_path, engine, hint):
    monkeypatch.setattr(shells.shutil, "which", lambda name: None)
    monkeypatch.setattr(shells.os, "geteuid", lambda: 1000)
    with pytest.raises(RefusedError) as caught:
        shells.exec_shell(context(tmp_path), engine, admin=False)
    assert caught.value.hint == hint and caught.value.exit_code == 6
