"""`tools/install-packages` with a directory as root and a false apt-get: what it changes, it takes back."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "tools" / "install-packages"
THEIRS = "#!/bin/sh\nexit 104\n"
# Says what a package's script would be told, and what it would read, while something is installed.
APT = """#!/bin/sh
case "$*" in *install*) ;; *) exit 0 ;; esac
policy="$SETUP_ROOT/usr/sbin/policy-rc.d"
for name in etcd ssh; do "$policy" "$name.service" start; echo "$name $?" >>"$SEEN"; done
grep '^create' "$SETUP_ROOT/etc/postgresql-common/createcluster.conf" >>"$SEEN"; exit 0
"""
# One process says that it runs and waits: a shell that gets SIGINT between two commands may start the second.
ENDLESS = """#!/usr/bin/env python3
import os, pathlib, sys, time
if "postgresql-15" in sys.argv:
    pathlib.Path(os.environ["SEEN"]).touch()
    time.sleep(30)
"""


@pytest.fixture
def machine(tmp_path):
    """A root directory with one service, and the file that makes Debian create a cluster."""
    for folder in ("usr/sbin", "etc/init.d", "etc/postgresql-common", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/init.d/ssh").touch()
    (tmp_path / "etc/postgresql-common/createcluster.conf").write_text("#create_main_cluster = true\n")
    fake_apt(tmp_path, APT)
    return tmp_path


def fake_apt(root, text):
    (root / "bin/apt-get").write_text(text)
    (root / "bin/apt-get").chmod(0o755)


def begin(root):
    environment = {**os.environ, "PATH": f"{root}/bin:{os.environ['PATH']}", "SETUP_ROOT": str(root)}
    return subprocess.Popen(
        [PROGRAM, "postgresql-15"],
        env={**environment, "SEEN": str(root / "seen")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(root):
    process = begin(root)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


def unchanged(root, policy=None):
    path = root / "usr/sbin/policy-rc.d"
    assert (path.read_text() if path.exists() else None) == policy
    clusters = root / "etc/postgresql-common"
    assert [p.name for p in clusters.iterdir()] == ["createcluster.conf"]
    assert (clusters / "createcluster.conf").read_text() == "#create_main_cluster = true\n"
    assert [p.name for p in (root / "usr/sbin").iterdir()] == (["policy-rc.d"] if policy else [])


def their_policy(root):
    path = root / "usr/sbin/policy-rc.d"
    path.write_text(THEIRS)
    path.chmod(0o755)


def test_new_services_may_not_start_and_old_ones_may(machine):
    assert finished(machine) == (0, "")
    seen = (machine / "seen").read_text().split("\n")
    assert seen[:2] == ["etcd 101", "ssh 0"]
    assert seen[-2] == "create_main_cluster = false"
    unchanged(machine)


def test_a_policy_that_was_there_keeps_its_word_for_old_services(machine):
    their_policy(machine)
    assert finished(machine) == (0, "")
    assert (machine / "seen").read_text().startswith("etcd 101\nssh 104\n")
    unchanged(machine, THEIRS)


def test_a_failed_installation_shows_why_and_takes_everything_back(machine):
    their_policy(machine)
    fake_apt(machine, "#!/bin/sh\necho no such package\nexit 100\n")
    code, err = finished(machine)
    assert code == 1 and "no such package" in err and "apt-get update" in err
    unchanged(machine, THEIRS)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_an_interrupted_installation_takes_everything_back(machine, number, code):
    fake_apt(machine, ENDLESS)
    process = begin(machine)
    wait_for(machine / "seen")
    os.killpg(process.pid, number)
    assert process.wait(30) == code
    unchanged(machine)


def test_a_killed_installation_is_put_right_by_the_next(machine):
    their_policy(machine)
    fake_apt(machine, ENDLESS)
    process = begin(machine)
    wait_for(machine / "seen")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    fake_apt(machine, APT)
    assert finished(machine) == (0, "")
    unchanged(machine, THEIRS)


def wait_for(path):
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
