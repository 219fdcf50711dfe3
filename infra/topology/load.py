"""From a name or a path to a validated topology, or to one error that lists everything that is wrong."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from app_core.errors import UsageError, nearest
from infra.topology.base import Part
from infra.topology.extensions import extension_models
from infra.topology.model import Topology
from infra.topology.problems import sentences
from infra.topology.rules import violations
from infra.topology.yaml_text import YamlError, parse_yaml

SHIPPED = Path(__file__).parent.parent / "topologies"
DERIVED_KEYS = (
    "extensions",
    "source",
    "class_",
)  # fields of the model that a file may not set


def list_topologies() -> tuple[str, ...]:
    """The names of the shipped topologies, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_topology(name_or_path: str | Path) -> Topology:
    """A shipped topology by name, or any file by path (a path has a slash or ends in .yaml or .yml).

    Raises UsageError (exit 2) that lists all that is wrong, each with the object and the fix.
    """
    path = _path(str(name_or_path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            "cannot read the topology", on=str(path), why=error.strerror
        ) from None
    return parse_topology(data, str(name_or_path))


def parse_topology(data: bytes, label: str) -> Topology:
    """A topology from the bytes of a file; `label` names it in errors. Raises UsageError."""
    try:
        value = parse_yaml(data)
    except YamlError as error:
        raise _refused(label, [str(error)]) from None
    if not isinstance(value, dict):
        raise _refused(
            label, ["a topology is a mapping of keys, such as `name: sandbox`"]
        )
    topology = _build(value, data.decode(), label)
    found = violations(topology)
    if found:
        raise _refused(label, [violation.sentence for violation in found])
    return topology


def _build(value: dict[object, object], source: str, label: str) -> Topology:
    problems = [
        f"{key}: unknown key, remove it" for key in DERIVED_KEYS if key in value
    ]
    extensions: dict[str, Part] = {}
    for key, model in extension_models().items():
        if key in value:
            try:
                extensions[key] = model.model_validate(value[key])
            except ValidationError as error:
                problems += sentences(error, value, prefix=(key,))
    core = {key: item for key, item in value.items() if key not in extension_models()}
    core = {key: item for key, item in core.items() if key not in DERIVED_KEYS}
    try:
        built = Topology.model_validate({**core, "source": source})
    except ValidationError as error:
        raise _refused(label, problems + sentences(error, value)) from None
    if problems:
        raise _refused(label, problems)
    return built.model_copy(update={"extensions": extensions})


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
                      hint=f"swapctl topology check {label}")  # fmt: skip
