"""Handles: the registry's concerns, and no way around them."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app_core.errors import UsageError
from app_core.schema import registry
from app_core.schema.handles import handle, read_preference, transaction_options
from app_core.schema.model import REPORTING_STALENESS_S

ROOT = Path(__file__).parents[4]
CLIENT: MongoClient[dict[str, Any]] = MongoClient(connect=False)


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_a_handle_has_the_registrys_concerns(entry):
    found = handle(CLIENT, entry.name)
    assert found.full_name == entry.namespace
    assert found.write_concern == WriteConcern(w=entry.write_concern.w, j=entry.write_concern.j)
    assert found.read_concern == ReadConcern(entry.read_concern)
    assert found.read_preference == read_preference(entry)


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_reads_of_secondaries_are_bounded_in_age(entry):
    preference = read_preference(entry)
    bound = REPORTING_STALENESS_S if entry.read_preference == "secondaryPreferred" else -1
    assert preference.max_staleness == bound
    assert REPORTING_STALENESS_S >= 90


@pytest.mark.parametrize(
    "options",
    [
        {"write_concern": WriteConcern(0)},
        {"read_concern": ReadConcern("available")},
        {"read_preference": read_preference(registry.collection("skills"))},
    ],
)
def test_a_handle_cannot_be_weakened(options):
    with pytest.raises(UsageError, match="concerns come from the registry"):
        handle(CLIENT, "reviews").with_options(**options)


def test_an_unknown_collection_has_no_handle():
    with pytest.raises(UsageError, match="did you mean 'reviews'"):
        handle(CLIENT, "review")


def test_a_transaction_has_the_strongest_concern():
    strong = transaction_options(handle(CLIENT, "messages"), handle(CLIENT, "sessions"))
    assert strong["write_concern"] == WriteConcern("majority", j=True)
    assert transaction_options(handle(CLIENT, "messages"))["write_concern"] == WriteConcern(1)
    with pytest.raises(UsageError):
        transaction_options()


ACCEPTED = """
from app_core.schema.handles import Client, Handle, handle
from bson.codec_options import CodecOptions
from pymongo.write_concern import WriteConcern

W0 = WriteConcern(0)

def write(to: Handle) -> None:
    to.insert_one({})

def use(client: Client) -> None:
    write(handle(client, "users"))
    handle(client, "users").with_options(CodecOptions())
"""
REFUSED = {
    "a bare collection": 'write(client["members"]["users"])',
    "one with its own concern": 'write(client.members.get_collection("users", write_concern=W0))',
    "a weakened handle": 'handle(client, "users").with_options(write_concern=WriteConcern(0))',
    "a handle's copy": 'write(handle(client, "users").with_options(CodecOptions()))',
    "a handle of one's own": 'Handle(client["members"], "users")',
}


def test_the_type_check_refuses_what_has_not_the_registrys_concern(tmp_path):
    source = ACCEPTED + "".join(f"    {line}\n" for line in REFUSED.values())
    (tmp_path / "snippet.py").write_text(source)
    settings = {"include": ["snippet.py"], "extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    found = subprocess.run(
        [
            Path(sys.executable).with_name("pyright"),
            "--outputjson",
            "-p",
            tmp_path,
            "--pythonpath",
            sys.executable,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        check=False,
    )
    lines = {error["range"]["start"]["line"] for error in json.loads(found.stdout)["generalDiagnostics"]}
    first = ACCEPTED.count("\n")
    assert lines == set(range(first, first + len(REFUSED)))


ELSEWHERE = {
    "app_core/schema/handles.py": "makes the handles",
    "app_core/schema/reporting.py": "reads only, from secondaries",
    "cluster_cli/drills/probes/mongo.py": "reads only; writes its own database",
    "cluster_cli/drills/workloads/social.py": "sabotage breaks the promise; reads back with majority",
    "cluster_cli/rescue/replay.py": "puts back with majority whatever the collection",
    "cluster_cli/schema/readers.py": "reads only",
    "cluster_cli/schema/review/_social.py": "reads only",
}


def bare_collections(path: Path) -> list[int]:
    """Lines that get a collection with options of their own."""
    calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    return [c.lineno for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "get_collection"]


def test_collections_with_options_of_their_own_are_few_and_known():
    files = [path for room in ("app_core", "cluster_cli") for path in sorted((ROOT / room).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)) for path in files if bare_collections(path)}
    assert found <= set(ELSEWHERE)


def test_a_bare_collection_is_seen(tmp_path):
    (tmp_path / "a.py").write_text("client.members.get_collection('users', write_concern=w)")
    assert bare_collections(tmp_path / "a.py") == [1]
