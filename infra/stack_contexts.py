"""Contexts of stacks on AWS: their outputs, kept under a name in the state directory, without a secret."""

from __future__ import annotations

from pathlib import Path

from app_core.errors import RefusedError, UsageError, nearest
from infra.aws.outputs import StackOutputs, read_outputs
from infra.credentials import write_private
from infra.inventory import endpoints, inventory
from infra.sandbox.home import check_name, home, sandboxes_dir
from infra.topology import load_topology


def names() -> tuple[str, ...]:
    """The names of the contexts that were added, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.json")))


def add(name: str, text: str, origin: str) -> StackOutputs:
    """Keep the outputs in `text` under a name, replacing what it had; origin names them in errors.

    Raises SwapskillError for outputs that break their contract, contradict themselves or the topology that
    they name, UsageError for a bad name, RefusedError when a sandbox has it.
    """
    told = read_outputs(text, origin=origin)
    inventory(told)
    endpoints(told, load_topology(told.topology))
    if (sandboxes_dir() / check_name(name)).exists():
        raise RefusedError("a sandbox has this name", on=name, hint="choose another name")
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(_path(name), told.model_dump_json(indent=1) + "\n")
    return told


def read(name: str) -> StackOutputs:
    """The outputs of a context. UsageError for an unknown name, SwapskillError for a damaged file."""
    if name not in names():
        raise UsageError("unknown context of a stack", on=repr(name), why=nearest(name, names()),
                         hint="swapctl context add NAME --outputs FILE")  # fmt: skip
    return read_outputs(_path(name).read_text(encoding="utf-8"), origin=str(_path(name)))


def remove(name: str) -> None:
    """Forget a context; nothing happens to the stack. UsageError for an unknown name."""
    read(name)
    _path(name).unlink()


def _folder() -> Path:
    return home() / "contexts"


def _path(name: str) -> Path:
    return _folder() / f"{name}.json"
