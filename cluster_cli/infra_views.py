"""What the `infra` commands show: a stack run in this process, as tables or as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app_core.errors import RefusedError
from cluster_cli.options import duration
from cluster_cli.table import columns

if TYPE_CHECKING:
    from infra.aws.local.graph import Graph
    from infra.aws.local.stacks import LocalStack
    from infra.aws.reaper import Reapable
    from infra.cost import CostReport


@dataclass(frozen=True)
class PreviewRow:
    """One resource. inputs: secrets and values that only AWS knows are words."""

    name: str
    type: str
    region: str
    parent: str
    protect: bool
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class PreviewView:
    """What an empty account would get."""

    stack: str
    creates: int
    protected: int
    resources: tuple[PreviewRow, ...]

    def as_table(self) -> str:
        """Types with their number; every resource is in the JSON."""
        counts = Counter((row.type, row.region) for row in self.resources)
        rows = [(kind, region or "-", str(count)) for (kind, region), count in sorted(counts.items())]
        head = f"stack {self.stack}: {self.creates} to create, {self.protected} of them protected"
        return f"{head}\n\n{columns(('type', 'region', 'count'), rows)}"


@dataclass(frozen=True)
class RuleRow:
    """A rule and what breaks it. result: `held`, `fail`, or `exempt` where it does not bind the class."""

    rule: str
    result: str
    demands: str
    findings: tuple[str, ...]


@dataclass(frozen=True)
class PolicyView:
    """Every rule, and those that are broken."""

    stack: str
    rules: tuple[RuleRow, ...]

    @property
    def broken(self) -> tuple[RuleRow, ...]:
        """The rules that fail."""
        return tuple(row for row in self.rules if row.result == "fail")

    def as_table(self) -> str:
        """One line a rule, then each finding."""
        table = columns(("rule", "result", "demands"), [(r.rule, r.result, r.demands) for r in self.rules])
        found = [f"{row.rule}: {finding}" for row in self.rules for finding in row.findings]
        return "\n".join([table, *([""] if found else []), *found])


def preview_view(name: str) -> PreviewView:
    """The resources of a stack."""
    from infra.aws.local import preview

    stack = _load(name)
    graph = preview(stack.program)
    rows = tuple(_row(graph, resource) for resource in graph.cloud)
    return PreviewView(name, len(rows), sum(row.protect for row in rows), rows)


def _row(graph: Graph, resource: Any) -> PreviewRow:
    from infra.aws.local.values import shown

    parent = graph.get(resource.parent)
    above = parent.label if parent and parent.type.startswith("swapskill:") else ""
    return PreviewRow(resource.name, resource.type, resource.region, above, resource.options.protect,
                      shown(resource.inputs))  # fmt: skip


def picture(name: str) -> str:
    """The stack as an SVG document."""
    from infra.aws.local import resolve
    from infra.diagrams.cloud import cloud_svg

    stack = _load(name)
    return cloud_svg(resolve(stack.program), stack.topology)


def cost_view(name: str) -> CostReport:
    """The month's bill of a stack."""
    from infra.cost import cost_report

    return cost_report(_load(name))


def policy_view(name: str) -> PolicyView:
    """A stack against every rule."""
    from infra.aws.local import resolve
    from infra.policy import Stack, findings, registry

    stack = _load(name)
    found = findings(Stack(resolve(stack.program), stack.topology))
    rows = [
        RuleRow(
            rule=rule.name,
            result=("fail" if found[rule.name] else "held") if rule.name in found else "exempt",
            demands=rule.demands,
            findings=tuple(f"{item.resource}: {item.why}" for item in found.get(rule.name, ())),
        )
        for rule in registry()
    ]
    return PolicyView(name, tuple(rows))


def outputs_view(name: str) -> Mapping[str, Any]:
    """The outputs of a stack, with stand-ins."""
    from infra.aws.local import resolve
    from infra.aws.local.values import shown

    return _ordered(shown(resolve(_load(name).program).outputs))


def _ordered(value: Any) -> Any:
    """Maps by key: they come from the wire in no order."""
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return value


def reapable(older_than: str) -> list[Reapable]:
    """The ephemeral stacks that AWS has, and which of them have expired."""
    age = timedelta(seconds=duration(older_than))
    _needs_infra()
    from infra.aws.local.cloud import Cloud
    from infra.aws.reaper import find_tagged, judge
    from infra.policy.eu_regions import REGIONS

    return judge(find_tagged(Cloud().client, REGIONS), datetime.now(UTC), age)


def _load(name: str) -> LocalStack:
    _needs_infra()
    from infra.aws.local.stacks import load_stack

    return load_stack(name)


def _needs_infra() -> None:
    from importlib.util import find_spec

    if find_spec("pulumi") is None or find_spec("boto3") is None:
        raise RefusedError("the extra `infra` is not installed", why="it brings Pulumi's SDK and boto3",
                           hint="pip install 'swapskill-clusters[infra]'")  # fmt: skip
