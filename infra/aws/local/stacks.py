"""The stacks of this clone: their files read as the Pulumi CLI reads them, and their programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app_core.errors import UsageError, nearest
from infra.aws.local.run import Program
from infra.aws.local.values import as_map
from infra.aws.settings import PROJECT, Settings, parse_settings
from infra.topology import Topology, load_topology

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class LocalStack:
    """A stack that is ready to run: its settings, its topology and the program that they make."""

    settings: Settings
    topology: Topology
    program: Program


def stack_names(root: Path = ROOT) -> tuple[str, ...]:
    """The stacks that have a file (`Pulumi.<stack>.yaml`), sorted."""
    return tuple(sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml")))


def load_stack(name: str, root: Path = ROOT) -> LocalStack:
    """A stack by name. Raises UsageError, one sentence, for whatever is wrong with it; nothing is started."""
    values = stack_config(name, root)
    settings = parse_settings(name, {key.partition(":")[2]: value for key, value in values.items()})
    return make_stack(settings, load_topology(settings.topology), values)


def make_stack(settings: Settings, topology: Topology, config: Mapping[str, str] | None = None) -> LocalStack:
    """A stack of given settings and topology, also of one that has no file. Raises UsageError."""
    from infra.aws.places import check_places

    check_places(settings, topology)

    def declare() -> None:
        import pulumi

        from infra.aws.program import declare as declare_stack

        for key, value in declare_stack(settings, topology).values.items():
            pulumi.export(key, value)

    program = Program(PROJECT, settings.stack, declare, config or {})
    return LocalStack(settings, topology, program)


def stack_config(name: str, root: Path = ROOT) -> dict[str, str]:
    """`project:key` -> text, as the CLI hands it over: defaults of Pulumi.yaml, then the stack's own."""
    if name not in stack_names(root):
        raise UsageError(
            "unknown stack", on=name, why=nearest(name, stack_names(root)), hint="ls Pulumi.*.yaml"
        )
    project, stack = _read(root / "Pulumi.yaml"), _read(root / f"Pulumi.{name}.yaml")
    declared = as_map(project.get("config"))
    defaults = {key: item["default"] for key, item in declared.items() if "default" in item}
    return {key: _text(value) for key, value in {**defaults, **as_map(stack.get("config"))}.items()}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError("cannot read a file of the Pulumi project", on=path.name, why=str(error)) from None
    return as_map(found)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)
