"""The history file: what is written comes back, and a kill costs at most the last line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_core.errors import SwapskillError
from cluster_cli.drills.history import Recorder, read
from tests.unit.cluster_cli.drills import recorded


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    recorder = Recorder(path, recorded.HEADER)
    for record in recorded.records()[1:]:
        recorder.add(record)
    recorder.close()
    return path


def test_every_record_comes_back(written: Path) -> None:
    assert list(read(written).records) == recorded.records()


def test_the_file_is_private(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_kill_cut_short_is_dropped(written: Path) -> None:
    whole = read(written).records
    written.write_bytes(written.read_bytes()[:-9])
    assert read(written).records == whole[:-1]


def test_a_broken_line_in_the_middle_is_named(written: Path) -> None:
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join([*lines[:4], b'{"kind": "op", "nonsense": 1}\n', *lines[5:]]))
    with pytest.raises(SwapskillError, match="line 5"):
        read(written)


def test_lines_carry_their_time_in_utc(written: Path) -> None:
    assert b'"utc":"2026-01-01T00:00:20.200Z"' in written.read_bytes()
