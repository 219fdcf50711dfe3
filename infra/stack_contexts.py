"""Contexts of stacks on AWS: their outputs, kept under a name in the state directory, without a secret."""

from __future__ import annotations

from pathlib import Path

from app_core.errors import RefusedError, UsageError, nearest
from infra.aws.outputs import StackOutputs, read_outputs
from infra.credentials import write_private
from infra.inventory import endpoints, inventory
from infra.sandbox.home import check_name, home, sandboxes_dir
from infra.topology import Topology, list_topologies, load_topology, parse_topology


def names() -> tuple[str, ...]:
    """The names of the contexts that were added, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.json")))


def add(name: str, text: str, origin: str, topology_file: str | None = None) -> StackOutputs:
    """Keep the outputs in `text` and their topology under a name, replacing what it had.

    origin names the outputs in errors; topology_file: of a stack whose topology is not a shipped one. Raises
    SwapskillError for outputs that break their contract, contradict themselves or the topology, UsageError
    for a bad name or another topology than the deployed one, RefusedError when a sandbox has the name.
    """
    told = read_outputs(text, origin=origin)
    inventory(told)
    topology = _deployed(told, topology_file)
    endpoints(told, topology)
    if (sandboxes_dir() / check_name(name)).exists():
        raise RefusedError("a sandbox has this name", on=name, hint="choose another name")
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(_topology_path(name), topology.source)
    write_private(_path(name), told.model_dump_json(indent=1) + "\n")
    return told


def read(name: str) -> StackOutputs:
    """The outputs of a context. UsageError for an unknown name, SwapskillError for a damaged file."""
    if name not in names():
        raise UsageError("unknown context of a stack", on=name, why=nearest(name, names()),
                         hint="swapctl context add NAME --outputs FILE")  # fmt: skip
    return read_outputs(_path(name).read_text(encoding="utf-8"), origin=str(_path(name)))


def topology_of(name: str) -> Topology:
    """The topology that was kept with a context. UsageError for an unknown name or a damaged file."""
    read(name)
    path = _topology_path(name)
    try:
        return parse_topology(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError("cannot read the topology of a context", on=str(path), why=error.strerror,
                         hint="add the context again") from None  # fmt: skip


def remove(name: str) -> None:
    """Forget a context; nothing happens to the stack. UsageError for an unknown name."""
    read(name)
    _path(name).unlink()
    _topology_path(name).unlink(missing_ok=True)


def _deployed(told: StackOutputs, file: str | None) -> Topology:
    """The topology that the outputs speak of: the file's, or the shipped one of that name."""
    if file is None and told.topology not in list_topologies():
        raise UsageError("the stack has a topology of its own", on=told.topology,
                         why="none of this name is shipped",
                         hint="swapctl context add NAME --topology FILE")  # fmt: skip
    topology = load_topology(file or told.topology)
    if topology.digest != told.topology_digest:
        raise UsageError("the stack was deployed from another topology", on=file or told.topology,
                         why=f"it differs from what the outputs of {told.stack} were made of",
                         hint="give the deployed file with --topology, or: pulumi up")  # fmt: skip
    return topology


def _folder() -> Path:
    return home() / "contexts"


def _path(name: str) -> Path:
    return _folder() / f"{name}.json"


def _topology_path(name: str) -> Path:
    return _folder() / f"{name}.yaml"
