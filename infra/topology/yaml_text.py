"""YAML as this product reads it: no duplicate keys, no aliases, bounded in size and depth."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any, cast

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 30


class YamlError(ValueError):
    """The text is not acceptable; the message is a sentence with the line."""


# libyaml where it is there: twenty times as fast
if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """SafeLoader that refuses what a reader of the file would overlook."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(f"{_line(key)}: a key must be a word")
            if key.value == "<<":
                raise YamlError(f"{_line(key)}: merge keys (<<) are not supported, write the values")
            if key.value in seen:
                raise YamlError(f"{_line(key)}: the key {key.value!r} stands there twice, remove one")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse_yaml(data: bytes) -> object:
    """The value of a YAML document. Raises YamlError with a sentence for everything else."""
    if len(data) > MAX_BYTES:
        raise YamlError(f"more than {MAX_BYTES} bytes: no topology is that big")
    if not data.strip():
        raise YamlError("the file is empty")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise YamlError("not a text file in UTF-8") from None
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlError(f"{mark}{error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise YamlError(str(error) if isinstance(error, YamlError) else f"not YAML: {error}") from None


def _check_events(text: str) -> None:
    """Refuse aliases and deep nesting before anything recurses into them."""
    depth = 0
    # PyYAML's stubs leave it untyped
    events = cast("Iterator[yaml.Event]", yaml.parse(text, Loader=_Base))  # pyright: ignore[reportUnknownMemberType]
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise YamlError(f"{_line(event)}: aliases (*name) are not supported, write the value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlError(f"{_line(event)}: nested more than {MAX_DEPTH} levels deep")


def _line(thing: Any) -> str:
    return f"line {thing.start_mark.line + 1}"
