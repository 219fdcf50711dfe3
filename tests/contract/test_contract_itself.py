"""What the contract is asked with: the look at processes, and the platforms and engines that it finds."""

import os
import secrets
import signal
import subprocess
from pathlib import Path
from typing import Any, cast

import cluster_cli.engines
from cluster_cli.waiting import wait_until
from infra.platform import Execute, Kill, Pause, Power
from infra.sandbox.platform import SandboxPlatform
from tests.contract.conftest import PLATFORMS
from tests.contract.engines import ENGINES
from tests.kernel import alive, parent_of, program_of, state, user_of, with_argument


def test_a_process_is_seen_alive_frozen_thawed_and_dead():
    word = f"62.{secrets.randbelow(10**9):09}"
    with subprocess.Popen(["sleep", word]) as child:
        assert wait_until(lambda: with_argument(word) == [child.pid], 10)
        assert alive(child.pid) and program_of(child.pid) == "sleep"
        assert (parent_of(child.pid), user_of(child.pid)) == (os.getpid(), os.geteuid())
        child.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: state(child.pid) == "T", 10) and alive(child.pid)
        child.send_signal(signal.SIGCONT)
        assert wait_until(lambda: state(child.pid) != "T", 10)
        child.kill()
        assert wait_until(lambda: not alive(child.pid), 10) and state(child.pid) == "Z"
    assert state(child.pid) is None and with_argument(word) == [] and program_of(child.pid) == ""


def test_the_scan_finds_the_sandbox_and_the_contract_skips_nothing_of_it():
    assert "sandbox" in PLATFORMS
    platform = SandboxPlatform(cast(Any, None))
    assert all(isinstance(platform, protocol) for protocol in (Power, Kill, Pause, Execute))


def test_every_engine_is_asked():
    folders = Path(cluster_cli.engines.__file__).parent.glob("*/__init__.py")
    assert {engine.api.__name__.rpartition(".")[2] for engine in ENGINES} == {f.parent.name for f in folders}
