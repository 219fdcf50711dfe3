"""Which inputs of a resource differ from what the cloud tells; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.aws.local.graph import Resource
from infra.aws.local.values import bare, has_unknown, is_list, is_map


def differences(resource: Resource, found: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the inputs that the cloud tells differently; inputs to be ignored are left out."""
    wanted: dict[str, Any] = {**resource.inputs}
    if "tags" in found:
        wanted["tags"] = resource.tags
    return tuple(
        name
        for name, value in sorted(found.items())
        if name in wanted
        and name not in resource.options.ignore_changes
        and not has_unknown(wanted[name])
        and not same(bare(wanted[name]), value)
    )


def uncompared(resource: Resource, found: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the inputs that the cloud's answer says nothing about, so that no change of them shows."""
    return tuple(sorted(name for name in resource.inputs if name not in found))


def same(wanted: Any, found: Any) -> bool:
    """Equal in meaning: JSON documents by content, lists without order, a map by the keys that are wanted."""
    wanted, found = _document(wanted), _document(found)
    if _empty(wanted) and _empty(found):
        return True
    if is_map(wanted) and is_map(found):
        return _same_maps(wanted, found)
    if is_list(wanted) and is_list(found):
        return _same_lists(wanted, found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return str(wanted).lower() == str(found).lower()
    return wanted == found or (wanted is not None and found is not None and str(wanted) == str(found))


def _same_maps(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """What is told beyond the wanted keys must be empty or a default of the cloud (None, "", False)."""
    return all(same(value, found.get(key)) for key, value in wanted.items()) and all(
        _empty(value) for key, value in found.items() if key not in wanted
    )


def _same_lists(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    return len(wanted) == len(found) and all(
        same(ours, theirs) for ours, theirs in zip(_sorted(wanted), _sorted(found), strict=True)
    )


def _empty(value: Any) -> bool:
    """Nothing, or a map of nothing."""
    return all(map(_empty, value.values())) if is_map(value) else not value


def _document(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _sorted(items: Sequence[Any]) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=str))
