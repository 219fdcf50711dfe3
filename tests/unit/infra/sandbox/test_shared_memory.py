"""Segments of killed servers, on the kernel's own."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.sandbox import shared_memory

LIBC = ctypes.CDLL(None)
LIBC.shmat.restype, LIBC.shmat.argtypes = ctypes.c_void_p, (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
LIBC.shmdt.argtypes = (ctypes.c_void_p,)


@pytest.fixture
def segment() -> Iterator[tuple[int, int]]:
    said = subprocess.run(("ipcmk", "-M", "64"), capture_output=True, text=True, check=True).stdout
    identifier = int(re.findall(r"\d+", said)[-1])
    (found,) = [pair for pair in shared_memory.unused() if pair[1] == identifier]
    yield found
    subprocess.run(("ipcrm", "-m", str(identifier)), check=False, stderr=subprocess.DEVNULL)


def write(root: Path, seventh: str) -> None:
    data = root / "members" / "pg1" / "data"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"1\n{data}\n1795706758\n5432\n\n127.0.0.1\n{seventh}\nready\n")


def test_what_a_killed_server_left_is_removed(segment: tuple[int, int], tmp_path: Path) -> None:
    write(tmp_path, f"{segment[0]:9} {segment[1]:9}")
    shared_memory.remove_left(tmp_path)
    assert segment not in shared_memory.unused()


def test_a_segment_of_another_key_stays(segment: tuple[int, int], tmp_path: Path) -> None:
    """After a reboot the same number may be somebody else's."""
    write(tmp_path, f"{segment[0] + 1} {segment[1]}")
    shared_memory.remove_left(tmp_path)
    assert segment in shared_memory.unused()


def test_a_segment_that_is_used_stays(segment: tuple[int, int], tmp_path: Path) -> None:
    write(tmp_path, f"{segment[0]} {segment[1]}")
    address = LIBC.shmat(segment[1], None, 0)
    shared_memory.remove_left(tmp_path)
    LIBC.shmdt(address)
    assert segment in shared_memory.unused()


@pytest.mark.parametrize("seventh", ["", "garbage", "1 2 3"])
def test_a_file_that_says_nothing_is_passed_over(
    seventh: str, segment: tuple[int, int], tmp_path: Path
) -> None:
    write(tmp_path, seventh)
    shared_memory.remove_left(tmp_path)
    assert segment in shared_memory.unused()


def test_a_kernel_without_such_memory_has_nothing_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_memory, "_SEGMENTS", tmp_path / "absent")
    write(tmp_path, "1 2")
    shared_memory.remove_left(tmp_path)
    assert shared_memory.unused() == set()
