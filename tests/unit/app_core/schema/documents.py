"""Good documents of a collection, and for each rule of its validator a change that breaks this rule."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from bson import Binary
from hypothesis import HealthCheck
from hypothesis import strategies as st

from app_core.schema.fields import END, Field
from app_core.schema.kinds import SHA256
from app_core.schema.model import Collection
from app_core.schema.validators import is_uuid
from bench.samples import text

Document = dict[str, Any]
Place = tuple[str | int, ...]
LETTERS = st.characters(min_codepoint=32, max_codepoint=0x2FF)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
FREE = {
    "string": st.text(LETTERS, max_size=20),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(2**31, 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "binData": st.uuids(),
    "date": MOMENTS,
}
BIG = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
"""What hypothesis would rather not have: documents as long as they may be."""
WRONG = [3.5, "a word", True, [1], {"a": 1}, datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1), None]
"""A value of each type: those that are none of a field's break it."""

NO_UUIDS = {
    "binary data but no UUID": bytes(16),
    "a UUID in the order of an old driver": Binary(bytes(16), 3),
    "shorter than a UUID": bytes(15),
}


@dataclass(frozen=True)
class Breach:
    """A change to a good document that breaks one rule. field: the one at the top that must be there."""

    rule: str
    field: str
    change: Callable[[Document], object]

    def broken(self, document: Document) -> Document:
        """The changed copy."""
        bad = copy.deepcopy(document)
        self.change(bad)
        return bad


def good(collection: Collection) -> st.SearchStrategy[Document]:
    """Documents that the validator must take; every optional field may lack."""
    return st.one_of([_in_form(collection, way, whole=False) for way in ways(collection)])


def whole(collection: Collection, field: str) -> st.SearchStrategy[Document]:
    """Good documents with all fields that go together, `field` among them."""
    found = ways(collection)
    return _in_form(collection, next((way for way in found if way[1] == field), found[0]), whole=True)


def ways(collection: Collection) -> list[tuple[str, str]]:
    """(value, field that it needs) of each form; one empty pair without forms."""
    return list(collection.forms.needs) if collection.forms else [("", "")]


def _in_form(collection: Collection, way: tuple[str, str], *, whole: bool) -> st.SearchStrategy[Document]:
    forms, (value, needed) = collection.forms, way
    others = {name for _, name in forms.needs if name != needed} if forms else set()
    must: dict[str, st.SearchStrategy[Any]] = {"_id": st.uuids()}
    may: dict[str, st.SearchStrategy[Any]] = {}
    for field in collection.fields:
        there = whole or field.required or field.name == needed
        if field.name not in others:
            (must if there else may)[field.name] = value_of(field)
    if forms:
        must[forms.by] = st.just(value)
    return st.fixed_dictionaries(must, optional=may).map(lambda made: _obeying(collection, made))


def _obeying(collection: Collection, made: Document) -> Document:
    for limit in collection.limits:
        if made[limit.when[0]] == limit.when[1]:
            made[limit.field] = min(made.get(limit.field, limit.most), limit.most)
    for rule in collection.rules:
        left, right = made[rule.left], made[rule.right]
        if rule.operator == "!=" and left == right:
            made[rule.right] = UUID(int=left.int ^ 1)
        if rule.operator == "<" and not left < right:
            made[rule.right] = left + timedelta(milliseconds=1)
    return made


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """Values within a field's bounds, the bounds themselves among them."""
    if field.values:
        return st.sampled_from(field.values)
    if field.pair:
        return st.tuples(*(value_of(part) for part in field.pair)).map(list)
    if field.items is not None:
        longest = min(field.max_items or 3, max(3, field.min_items or 0))
        items = value_of(field.items)
        return st.lists(items, min_size=field.min_items or 0, max_size=longest, unique_by=repr)
    if field.entries is not None:
        return st.dictionaries(_of_pattern(field.names, 1, 64), value_of(field.entries), max_size=3)
    if field.fields:
        must = {part.name: value_of(part) for part in field.fields if part.required}
        may = {part.name: value_of(part) for part in field.fields if not part.required}
        return st.fixed_dictionaries(must, optional=may)
    return st.one_of([_plain(field, kind) for kind in field.types])


def _plain(field: Field, kind: str) -> st.SearchStrategy[Any]:
    if kind == "string":
        return _text(field)
    low, high = field.minimum, field.maximum
    if low is None or high is None or kind not in ("int", "long", "double"):
        return FREE[kind]
    if field.multiple_of is not None:
        steps = round(1 / field.multiple_of)
        return st.integers(int(low * steps), int(high * steps)).map(lambda n: n / steps)
    if kind == "double":
        return st.floats(low, high, allow_nan=False)
    return st.integers(int(low), int(high))


def _text(field: Field) -> st.SearchStrategy[str]:
    least, most = field.min_length or 0, field.max_length or 100
    if field.pattern is not None:
        return _of_pattern(field.pattern, least, most)
    short = st.text(LETTERS, min_size=least, max_size=min(most, least + 20))
    return st.one_of(short, st.just("é" * most))


@cache
def _of_pattern(pattern: str, least: int, most: int) -> st.SearchStrategy[str]:
    """Texts of a pattern. Once for each: making one of a long repetition takes a second."""
    if pattern == SHA256:
        return st.text("0123456789abcdef", min_size=64, max_size=64)
    words = st.from_regex(pattern.removeprefix("^").removesuffix(END), fullmatch=True, alphabet=LETTERS)
    return words.filter(lambda word: least <= len(word) <= most)


def breaches(collection: Collection) -> Iterator[Breach]:
    """For every rule of the collection's validator a change that breaks it."""
    yield Breach("_id of another type", "", lambda d: d.update(_id="text"))
    for words, value in NO_UUIDS.items():
        yield Breach(f"_id {words}", "", lambda d, v=value: d.update(_id=v))
    yield Breach("a field that is none", "", lambda d: d.update(unknown=1))
    for field in collection.fields:
        if field.required:
            yield Breach(f"{field.name} lacks", "", lambda d, name=field.name: d.pop(name))
        for rule, place, value in _bad(field, (field.name,)):
            yield Breach(
                f"{'.'.join(map(str, place))} {rule}", field.name, lambda d, p=place, v=value: _put(d, p, v)
            )
        for alias in field.read_aliases:
            yield Breach(
                f"{alias} is for reading only", "", lambda d, a=alias, n=field.name: d.update({a: d.pop(n)})
            )
    if collection.forms is not None:
        names = [name for _, name in collection.forms.needs]
        yield Breach("no form", "", lambda d: [d.pop(name, None) for name in names])
        yield Breach("the other form", "", lambda d: _swap(collection, d))
    for limit in collection.limits:
        (name, value), field = limit.when, limit.field
        over: Document = {name: value, field: int(limit.most) + 1}
        yield Breach(f"{field} above its limit", "", lambda d, over=over: d.update(over))
        yield Breach(
            f"{field} lacks with its limit",
            "",
            lambda d, n=name, v=value, f=field: (d.update({n: v}), d.pop(f)),
        )
    for rule in collection.rules:
        yield Breach(
            f"{rule.left} {rule.operator} {rule.right}", "", lambda d, r=rule: d.update({r.left: d[r.right]})
        )


def _swap(collection: Collection, document: Document) -> None:
    assert collection.forms is not None
    by = collection.forms.by
    document[by] = next(value for value, _ in collection.forms.needs if value != document[by])


def _bad(field: Field, place: Place) -> Iterator[tuple[str, Place, Any]]:
    """(rule, where, value) of every way to break a field: itself, then what it holds."""
    yield from ((f"of type {type(v).__name__}", place, v) for v in WRONG if not _fits(field, v))
    if is_uuid(field):
        yield from ((rule, place, value) for rule, value in NO_UUIDS.items())
    if field.values:
        yield "of no enumeration", place, "no such word"
    yield from ((rule, place, value) for rule, value in out_of_bounds(field))
    for part in field.fields:
        yield from _bad(part, (*place, part.name))
        if part.required:
            yield f"without {part.name}", (*place, part.name), _put  # a mark: taken out
    if field.fields:
        yield "with a field that is none", (*place, "unknown"), 1
    if field.items is not None:
        yield from _bad(field.items, (*place, 0))
    for number, part in enumerate(field.pair):
        yield from _bad(part, (*place, number))
    if field.entries is not None:
        for name in ("Bad Name", "word\n", "word ", " word"):
            yield f"with the name {name!r}", (*place, name), 1
        yield from ((rule, (*where,), value) for rule, where, value in _bad(field.entries, (*place, "word")))


def _fits(field: Field, value: Any) -> bool:
    kinds = {float: "double", str: "string", bool: "bool", list: "array", dict: "object", UUID: "binData"}
    kind = kinds.get(type(value), "date" if isinstance(value, datetime) else "null")
    return kind in field.types


def out_of_bounds(field: Field) -> Iterator[tuple[str, Any]]:
    """(rule, value) of every bound of a field. No pattern lets a text begin or end with a space."""
    if field.minimum is not None:
        yield "below its minimum", int(field.minimum) - 1
    if field.maximum is not None:
        yield "above its maximum", int(field.maximum) + 1
    if field.multiple_of is not None:
        yield "not rounded", field.multiple_of * 1.5
    if field.min_length:
        yield "too short", ""
    if field.max_length is not None and "string" in field.types:
        yield "too long", "é" * (field.max_length + 1)
    if field.pattern is not None:
        yield "of another form", " " * max(field.min_length or 1, 1)
        word = text(field, 1)
        yield "with a line break after it", f"{word}\n"
        yield "with something after it", f"{word} "
        yield "with something before it", f" {word}"
    if field.items is not None:
        yield from _wrong_lists(field, field.items)
    if field.pair:
        yield "too short a pair", [1] * (len(field.pair) - 1)
        yield "too long a pair", [1] * (len(field.pair) + 1)


def _wrong_lists(field: Field, item: Field) -> Iterator[tuple[str, Any]]:
    value = example(item)
    yield "holding the same twice", [value, value]
    if field.min_items:
        yield "too short a list", [value] * (field.min_items - 1)
    many = [example(item, number) for number in range((field.max_items or 0) + 1)]
    if not item.values:
        yield "too long a list", many


def example(field: Field, number: int = 0) -> Any:
    """A value of a simple field; other numbers give other values where it has no enumeration."""
    if field.values:
        return field.values[number % len(field.values)]
    if field.fields:
        return {part.name: example(part, number) for part in field.fields}
    if "binData" in field.types:
        return UUID(int=number + 1)
    if field.pattern is None:
        return f"word{number}"
    return chr(97 + number // 26) + chr(97 + number % 26) if "a-z" in field.pattern else "08:30"


def _put(document: Document, place: Place, value: Any) -> None:
    """Set (or with the mark `_put` take out) the value at a place; an empty list on the way gets one item."""
    here: Any = document
    for step, following in zip(place, place[1:], strict=False):
        if isinstance(following, int) and not here[step]:
            here[step] = [{}]
        here = here[step]
    last = place[-1]
    if value is _put:
        here.pop(last, None)
    elif isinstance(last, int) and last >= len(here):
        here.append(value)
    else:
        here[last] = value
