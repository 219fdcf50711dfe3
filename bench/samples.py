"""Good documents of any collection, made from the registry: for measurements and tests on real clusters."""

from __future__ import annotations

import hashlib
import random
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from app_core.schema.model import Collection, Compare, Field

Document = dict[str, Any]


class Samples:
    """Documents by number: the same seed gives the same documents. Moments lie around `now`."""

    def __init__(self, seed: int = 1, now: datetime | None = None) -> None:
        self._random = random.Random(seed)
        # the servers keep milliseconds
        self._now = (now or datetime.now(UTC)).replace(microsecond=0)

    def document(self, collection: Collection, number: int, **given: Any) -> Document:
        """A document with all optional fields that its form allows; `given` replaces fields."""
        needs = dict(collection.forms.needs) if collection.forms is not None else {}
        chosen: str | None = None
        made: Document = {"_id": self._uuid()}
        for field in collection.fields:
            value = given.get(field.name, self.value(field, number))
            if collection.forms is not None and field.name == collection.forms.by:
                chosen = needs[value]
            made[field.name] = value
        for name in set(needs.values()) - {chosen}:
            del made[name]
        for rule in collection.rules:
            self._obey(rule, made)
        for limit in collection.limits:
            if made[limit.when[0]] == limit.when[1]:
                made[limit.field] = min(made[limit.field], limit.most)
        return made

    def _obey(self, rule: Compare, made: Document) -> None:
        left, right = made[rule.left], made[rule.right]
        if rule.operator != "!=" and not left < right:
            made[rule.right] = left + timedelta(hours=1)

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def value(self, field: Field, number: int) -> Any:
        """A value within the field's bounds."""
        if field.values:
            return field.values[number % len(field.values)]
        if field.pair:
            return [self.value(part, number) for part in field.pair]
        if field.items is not None:
            return [self.value(field.items, number + n) for n in range(max(1, field.min_items or 0))]
        if field.entries is not None:
            return {"word": self.value(field.entries, number)}
        if field.fields:
            return {part.name: self.value(part, number) for part in field.fields}
        return self._plain(field, number)

    def _plain(self, field: Field, number: int) -> Any:
        kinds = field.types
        if "binData" in kinds:
            return self._uuid()
        if "string" in kinds:
            return text(field, number)
        if "date" in kinds:
            days = 1 if field.name.startswith(("expires", "end", "deadline")) else 0
            return self._now + timedelta(days=days, seconds=number % 3600)
        if "bool" in kinds:
            return number % 2 == 0
        if "object" in kinds:
            return {}
        least = field.minimum if field.minimum is not None else 0
        most = field.maximum if field.maximum is not None else least + 1000
        whole = int(least) + number % max(1, int(most - least))
        return float(whole) if kinds[0] == "double" else whole


def text(field: Field, number: int) -> str:
    """A text of the field's pattern and length. Raises ValueError for a pattern without an example."""
    if field.pattern is None:
        return _fit(f"word{number} in a text", field)
    for example in _examples(number):
        if re.search(field.pattern, example) and len(example) <= (field.max_length or len(example)):
            return example
    raise ValueError(f"no example for the pattern {field.pattern} of {field.name}")


def _fit(words: str, field: Field) -> str:
    longest = field.max_length if field.max_length is not None else len(words)
    return words.ljust(field.min_length or 0, "x")[:longest]


def _examples(number: int) -> tuple[str, ...]:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return (
        digest, f"member{number}@example.org", "fr", f"https://example.org/{number}", "image/png",
        f"+336{number:08d}", "Europe/Paris", "08:30", f"CODE_{number}", "meeting.planned", f"word{number}",
    )  # fmt: skip
