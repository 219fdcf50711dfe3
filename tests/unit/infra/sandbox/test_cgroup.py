"""Memory that control groups leave: the tightest limit on the way up counts, whichever version."""

import pytest

from infra.sandbox import machine
from infra.sandbox.cgroup import available_mib

MIB = 2**20


def group(directory, limit, used, inactive=0, v1=False):
    names = ("limit_in_bytes", "usage_in_bytes", "total_") if v1 else ("max", "current", "")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"memory.{names[0]}").write_text(f"{limit}\n")
    (directory / f"memory.{names[1]}").write_text(f"{used}\n")
    (directory / "memory.stat").write_text(f"anon 1\n{names[2]}inactive_file {inactive}\n")


def test_a_limit_less_what_is_used_and_cannot_be_given_back(tmp_path):
    group(tmp_path / "a", 1000 * MIB, 700 * MIB, 200 * MIB)
    assert available_mib("0::/a\n", tmp_path) == 500


def test_the_tightest_of_the_groups_counts(tmp_path):
    group(tmp_path / "a", 900 * MIB, 800 * MIB)
    group(tmp_path / "a" / "b", "max", 10 * MIB)
    assert available_mib("0::/a/b\n", tmp_path) == 100


def test_in_a_container_the_limit_is_at_the_root_and_the_path_may_lead_nowhere(tmp_path):
    group(tmp_path, 64 * MIB, 0)
    assert available_mib("0::/\n", tmp_path) == available_mib("0::/kubepods/pod1\n", tmp_path) == 64


def test_version_1(tmp_path):
    group(tmp_path / "memory" / "docker", 512 * MIB, 212 * MIB, 100 * MIB, v1=True)
    assert available_mib("5:cpu,cpuacct:/docker\n4:memory:/docker\n0::/\n", tmp_path) == 400


@pytest.mark.parametrize("text", ["", "0::/a\n"])
def test_no_limit_is_none(tmp_path, text):
    group(tmp_path / "a", "max", 1)
    assert available_mib(text, tmp_path) is None


def test_a_limit_counts_where_it_is_below_what_the_machine_has(monkeypatch):
    monkeypatch.setattr(machine, "_machine_memory_mib", lambda: 8000)
    found = [100, None, 9000]
    monkeypatch.setattr(machine.cgroup, "available_mib", lambda _: found.pop(0))
    assert [machine._available_memory_mib() for _ in range(3)] == [100, 8000, 8000]
