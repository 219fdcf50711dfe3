"""The fast reader of entry points finds what importlib.metadata finds."""

from importlib.metadata import entry_points

import pytest

from cluster_cli.entries import entries_of


@pytest.mark.parametrize("group", ["swapctl.commands", "swapctl.workloads", "console_scripts"])
def test_the_same_as_importlib_metadata(group):
    assert entries_of(group) == {entry.name: entry.value for entry in entry_points(group=group)}


def test_a_group_that_nobody_has_is_empty():
    assert entries_of("swapctl.nothing") == {}


def test_another_distribution_s_command_joins(tmp_path, monkeypatch):
    folder = tmp_path / "more-1.0.dist-info"
    folder.mkdir()
    text = "[other]\nx = y:z\n\n[swapctl.commands]\n# a comment\nextra = more.commands:app [fast]\n"
    (folder / "entry_points.txt").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = entries_of("swapctl.commands")
    assert found["extra"] == "more.commands:app"
    assert "x" not in found and "status" in found
