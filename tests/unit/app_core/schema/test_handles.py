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
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import Primary
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


def test_a_copy_of_a_handle_cannot_be_weakened_either():
    copy = handle(CLIENT, "reviews").with_options(CodecOptions(tz_aware=True))
    assert copy.codec_options.tz_aware
    with pytest.raises(UsageError, match="concerns come from the registry"):
        copy.with_options(write_concern=WriteConcern(0))  # pyright: ignore[reportArgumentType]


def test_a_copy_that_reads_the_primary_keeps_the_concerns():
    copy = handle(CLIENT, "users").with_options(read_preference=Primary()).with_options(CodecOptions())
    assert (copy.read_preference, copy.entry.name) == (Primary(), "users")
    assert copy.write_concern == WriteConcern("majority", j=True)
    assert copy.read_concern == ReadConcern("majority")


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
    write(handle(client, "users").with_options(CodecOptions()))
"""
REFUSED = {
    "a bare collection": 'write(client["members"]["users"])',
    "one with its own concern": 'write(client.members.get_collection("users", write_concern=W0))',
    "a weakened handle": 'handle(client, "users").with_options(write_concern=WriteConcern(0))',
    "a weakened copy": 'handle(client, "users").with_options().with_options(write_concern=W0)',
    "a handle's database": 'handle(client, "users").database["users"]',
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
    "app_core/schema/reporting.py": "reads only, from secondaries",
    "cluster_cli/drills/probes/mongo.py": "reads only; writes its own database",
    "cluster_cli/drills/workloads/social.py": "sabotage breaks the promise; reads back with majority",
    "cluster_cli/rescue/compare.py": "reads only",
    "cluster_cli/rescue/replay.py": "puts back with majority whatever the collection",
    "cluster_cli/schema/readers.py": "reads only",
    "cluster_cli/schema/review/_social.py": "reads only",
    "cluster_cli/schema/owners.py": "lists indexes only",
    "cluster_cli/schema/social_facts.py": "asks whether there is a document",
    "bench/schema_load.py": "fills before it measures",
}
OPENERS = ("client", "mongo", "database", "db")
"""How names end that databases or collections are taken from by subscript."""


def bare_collections(path: Path) -> list[int]:
    """Lines that get a collection without a handle, or one with options of its own."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return [n.lineno for n in nodes if isinstance(n, ast.expr) and (_asks_options(n) or _twice_opened(n))]


def _asks_options(node: ast.expr) -> bool:
    """`get_collection(…)`, or `with_options` with another concern."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    concerns = {"write_concern", "read_concern"} & {keyword.arg for keyword in node.keywords}
    weakens = node.func.attr == "with_options" and (bool(concerns) or len(node.args) > 2)
    return node.func.attr == "get_collection" or weakens


def _twice_opened(node: ast.expr) -> bool:
    """`client[database][name]`, `client.exchange[name]`, `x.database[name]`, `x["exchange"]["users"]`."""
    if not isinstance(node, ast.Subscript):
        return False
    match node.value:
        case ast.Attribute(attr="database"):
            return True
        case ast.Attribute(value=opener, attr=name):
            return name in registry.segments() and _name(opener).endswith(OPENERS)
        case ast.Subscript(value=opener, slice=ast.Constant(value=name)) if name in registry.segments():
            return _name(opener) != "segments"
        case ast.Subscript(value=opener):
            return _name(opener).endswith(OPENERS)
    return False


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_collections_with_options_of_their_own_are_few_and_known():
    rooms = ("app_core", "cluster_cli", "bench")
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)) for path in files if bare_collections(path)}
    assert found == set(ELSEWHERE)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("client.members.get_collection('users', write_concern=w)", True),
        ("client['exchange']['reviews']", True),
        ("self._client[database][name]", True),
        ("client.exchange['reviews']", True),
        ("handle.database['reviews']", True),
        ("anything['exchange']['reviews']", True),
        ("anything.with_options(write_concern=w)", True),
        ("anything.with_options(None, None, w)", True),
        ("anything.with_options(codec_options=c)", False),
        ("client['exchange'].command('ping')", False),
        ("parsed['storage']['dbPath']", False),
        ("social.segments['exchange'][0]", False),
        ("target.members[0]", False),
    ],
)
def test_a_bare_collection_is_seen(tmp_path, line, seen):
    (tmp_path / "a.py").write_text(line)
    assert bare_collections(tmp_path / "a.py") == ([1] if seen else [])
