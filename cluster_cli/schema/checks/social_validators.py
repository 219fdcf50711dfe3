"""A collection's validator is not the registry's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app_core.schema.model import Collection
from cluster_cli.schema.checks.social_collections import strict
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "validator"
DOMAIN = "social"
ORDER = 50
WIDEST = 80
"""Characters that a differing value may take in a sentence."""


def find(facts: SocialFacts) -> Iterator[Difference]:
    """A validator that lacks, differs, or does not refuse. Documents that are there are not looked at."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        words = difference(collection, seen.options) if seen.exists else None
        if words:
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} validator",
                words,
                "apply",
                "collMod (from then on each write is checked; documents that are there stay)",
                owner=collection.namespace,
                commands=((collection.segment, {"collMod": collection.name, **strict(collection)}),),
            )


def difference(collection: Collection, options: Mapping[str, Any]) -> str | None:
    """What the live validator has otherwise, in words."""
    wanted = strict(collection)
    if not options.get("validator"):
        return "there is no validator"
    for key, default in (("validationLevel", "strict"), ("validationAction", "error")):
        if options.get(key, default) != wanted[key]:
            return f"{key} is {options.get(key)}, the registry says {wanted[key]}"
    if options["validator"] == wanted["validator"]:
        return None
    return f"another validator: {_where(options['validator'], wanted['validator'])}"


def _where(live: Any, wanted: Any, path: str = "") -> str:
    """The first place at which two validators part."""
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        for key in [*wanted, *(k for k in live if k not in wanted)]:
            here = f"{path}.{key}" if path else str(key)
            if key not in live:
                return f"{here} is missing"
            if key not in wanted:
                return f"{here} is not in the registry"
            if live[key] != wanted[key]:
                return _where(live[key], wanted[key], here)
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        number = next(n for n, (one, other) in enumerate(zip(live, wanted, strict=True)) if one != other)
        return _where(live[number], wanted[number], f"{path}.{number}")
    return f"{path} is {_short(live)}, the registry says {_short(wanted)}"


def _short(value: Any) -> str:
    """The value as text that fits into a table."""
    text = repr(value)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"
