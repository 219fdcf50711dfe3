"""docs/topology.md names every key and every rule, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from infra.topology.base import Part
from infra.topology.extensions import extension_models
from infra.topology.model import Topology
from infra.topology.rules import rules

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| `([a-z_.\[\]]+)` \|", re.MULTILINE)


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a model and of the models in it, as `a.b[].c`."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path
        for inner, many in inner_models(field.annotation):
            yield from keys_of(inner, f"{path}{'[]' if many else ''}.")


def inner_models(annotation: Any, many: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    origin = getattr(annotation, "__origin__", None)
    for argument in get_args(annotation):
        yield from inner_models(argument, many or origin is tuple)


def section(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_key_is_documented_and_no_other() -> None:
    page = (DOCS / "topology.md").read_text()
    keys = [*keys_of(Topology)]
    for key, model in extension_models().items():
        keys += [key, *keys_of(model, f"{key}.")]
    assert sorted(ROW.findall(section(page, "Keys"))) == sorted(keys)


def test_every_rule_is_documented_and_no_other() -> None:
    page = (DOCS / "topology.md").read_text()
    assert ROW.findall(section(page, "What is refused")) == list(rules())


def test_the_walk_sees_a_new_key() -> None:
    class Inner(Part):
        every: int

    class Outer(Part):
        items: tuple[Inner, ...] = ()
        one: Inner | None = None

    assert list(keys_of(Outer)) == ["items", "items[].every", "one", "one.every"]
