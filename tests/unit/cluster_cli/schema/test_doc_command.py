"""`swapctl schema doc`: the page that is committed, and the registry as data. No cluster is asked."""

import json
from pathlib import Path

from typer.testing import CliRunner

from app_core.schema import registry
from cluster_cli.commands.schema import app

PAGE = Path(__file__).parents[4] / "docs" / "dictionary.md"


def run(*arguments):
    result = CliRunner().invoke(app, ["doc", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_it_prints_the_committed_page():
    assert run() == PAGE.read_text("utf-8")


def test_as_data_it_names_every_collection_and_table():
    data = json.loads(run("-o", "json"))
    assert {c["name"] for c in data["collections"]} == {c.name for c in registry.collections()}
    assert {t["name"] for t in data["tables"]} == {t.name for t in registry.tables()}
