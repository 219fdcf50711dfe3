"""From a name or a path to a validated topology, or to one error that lists everything that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pydantic import ValidationError

from app_core.errors import UsageError, nearest
from infra.topology.base import Part
from infra.topology.extensions import extension_models
from infra.topology.model import Topology
from infra.topology.problems import sentences
from infra.topology.rules import violations
from infra.topology.yaml_text import MAX_BYTES, YamlError, parse_yaml

SHIPPED = Path(__file__).parent.parent / "topologies"


def list_topologies() -> tuple[str, ...]:
    """The names of the shipped topologies, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_topology(name_or_path: str | Path) -> Topology:
    """A shipped topology by name, or any file by path (a path has a slash or ends in .yaml or .yml).

    Raises UsageError (exit 2) that lists all that is wrong, each with the object and the fix.
    """
    path = _path(str(name_or_path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # one byte more says that it is too big
    except OSError as error:
        raise UsageError(
            "cannot read the topology", on=str(path), why=error.strerror, hint="swapctl topology list"
        ) from None
    return parse_topology(data, str(name_or_path))


def parse_topology(data: bytes, label: str) -> Topology:
    """A topology from the bytes of a file; `label` names it in errors. Raises UsageError."""
    try:
        value = parse_yaml(data)
    except YamlError as error:
        raise _refused(label, [str(error)]) from None
    if not isinstance(value, dict):
        raise _refused(label, ["a topology is a mapping of keys, such as `name: sandbox`"])
    topology, problems = _build(cast("dict[object, object]", value), data.decode())
    if topology is not None:
        problems += [violation.sentence for violation in violations(topology)]
    if topology is None or problems:
        raise _refused(label, problems)
    return topology


def _build(value: dict[object, object], source: str) -> tuple[Topology | None, list[str]]:
    parts, problems = _parts(value)
    core = {key: item for key, item in value.items() if key not in extension_models()}
    try:
        return Topology.model_validate(core).with_origin(source, parts), problems
    except ValidationError as error:
        return None, problems + sentences(error, value)


def _parts(value: dict[object, object]) -> tuple[dict[str, Part], list[str]]:
    """The values of the keys that other parts of the product added, and what is wrong with them."""
    parts: dict[str, Part] = {}
    problems: list[str] = []
    for key, model in extension_models().items():
        if key in value:
            try:
                parts[key] = model.model_validate(value[key])
            except ValidationError as error:
                problems += sentences(error, value, prefix=(key,))
    return parts, problems


def _path(word: str) -> Path:
    if "/" in word or word.endswith((".yaml", ".yml")):
        return Path(word)
    if word not in list_topologies():
        raise UsageError("unknown topology", on=word, why=nearest(word, list_topologies()),
                         hint="swapctl topology list")  # fmt: skip
    return SHIPPED / f"{word}.yaml"


def _refused(label: str, problems: list[str]) -> UsageError:
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    listing = "\n".join(f"  - {problem}" for problem in problems)
    return UsageError(f"the topology is refused, {count}", on=label, why=f"\n{listing}",
                      hint=f"correct the file, then: swapctl topology check {label}")  # fmt: skip
