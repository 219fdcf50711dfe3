"""Validators: every good document passes, and for each rule a bad one is refused, for that reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_core.schema import registry
from app_core.schema.fields import END, exactly, walk
from app_core.schema.model import Collection
from app_core.schema.validators import field_schema, is_uuid, json_schema, validator
from tests.unit.app_core.schema.documents import BIG, breaches, good, out_of_bounds, ways, whole
from tests.unit.app_core.schema.evaluator import refusals

COLLECTIONS = registry.collections()
BREACHES = [(entry, breach) for entry in COLLECTIONS for breach in breaches(entry)]


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_good_documents_pass(entry: Collection) -> None:
    rules = validator(entry)

    @settings(max_examples=10)
    @given(good(entry))
    def passes(document) -> None:
        assert refusals(rules, document) == []

    passes()


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_a_bad_document_is_refused_for_each_rule(entry: Collection) -> None:
    rules, wanted = validator(entry), list(breaches(entry))

    @settings(max_examples=1, suppress_health_check=BIG)
    @given(st.data())
    def refused(data: st.DataObject) -> None:
        documents = {name: data.draw(whole(entry, name)) for _, name in ways(entry)}
        for breach in wanted:
            document = documents.get(breach.field) or next(iter(documents.values()))
            found = refusals(rules, breach.broken(document))
            assert found, breach.rule
            assert any(fault.startswith(breach.field) for fault in found), (breach.rule, found)

    refused()


def test_the_rules_are_many() -> None:
    assert len(BREACHES) > 1500
    kinds = {breach.rule.partition(" ")[2] for _, breach in BREACHES}
    wanted = {
        "below its minimum",
        "above its maximum",
        "not rounded",
        "too short",
        "too long",
        "of another form",
    }
    wanted |= {"with a line break after it", "with something after it", "with something before it"}
    wanted |= {"binary data but no UUID", "a UUID in the order of an old driver"}
    wanted |= {"of no enumeration", "lacks", "too long a list", "holding the same twice", "too short a pair"}
    assert wanted <= kinds


def test_every_field_that_identifies_is_held_to_be_a_uuid() -> None:
    """Nested ones would need a rule of another form: there are none."""
    for entry in COLLECTIONS:
        for path, field in walk(entry.fields):
            assert not (is_uuid(field) and "." in path), f"{entry.name}.{path}"
            assert is_uuid(field) or not field.references, f"{entry.name}.{path}"


PATTERNS = {
    f"{entry.name}.{path}": pattern
    for entry in COLLECTIONS
    for path, field in walk(entry.fields)
    for pattern in (field.pattern, field.names, field.items.pattern if field.items else None)
    if pattern
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_every_pattern_is_about_the_whole_text(pattern: str) -> None:
    assert pattern == exactly(pattern.removeprefix("^").removesuffix(END))


LOOSE = {"at its beginning": ("^", ""), "at its end": (END, ""), "before a last line break": (END, "$")}


@pytest.mark.parametrize(("anchor", "other"), LOOSE.values(), ids=LOOSE.keys())
def test_a_pattern_that_is_open_lets_some_breach_pass(anchor: str, other: str) -> None:
    """The inversion: badges whose code somebody could have twice, as another text."""
    badges = registry.collection("badges")
    code = next(field for field in badges.fields if field.name == "code")
    assert code.pattern is not None
    loose = replace(code, pattern=code.pattern.replace(anchor, other))
    schema = {"properties": {"code": field_schema(loose)}}
    bad = [value for rule, value in out_of_bounds(code) if rule.startswith("with ")]
    assert any(refusals({"$jsonSchema": schema}, {"code": value}) == [] for value in bad)
    strict = {"properties": {"code": field_schema(code)}}
    assert all(refusals({"$jsonSchema": strict}, {"code": value}) for value in bad)


@given(st.data())
def test_a_validator_without_a_rule_lets_its_breach_pass(data) -> None:
    """The inversion: what a looser registry would say about the same documents."""
    reviews = registry.collection("reviews")
    loose = replace(reviews, fields=tuple(replace(f, maximum=None) for f in reviews.fields), rules=())
    document = data.draw(good(reviews))
    for changed in ({"stars": 6}, {"reviewer_id": document["reviewee_id"]}):
        assert refusals(validator(reviews), {**document, **changed})
        assert refusals(validator(loose), {**document, **changed}) == []


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"mode": "remote", "video_url": "https://a.example/1"}, True),
        ({"mode": "onsite", "place_point": {"type": "Point", "coordinates": [2.35, 48.85]}}, True),
        ({"mode": "remote"}, False),
        ({"mode": "onsite", "video_url": "https://a.example/1"}, False),
        (
            {
                "mode": "onsite",
                "video_url": "https://a.example/1",
                "place_point": {"type": "Point", "coordinates": [2.35, 48.85]},
            },
            False,
        ),
        ({"mode": "onsite", "place_point": {"type": "Point", "coordinates": [48.85, 182]}}, False),
    ],
)
@given(st.data())
@settings(max_examples=3)
def test_a_meeting_has_a_place_or_an_address_never_both(changes, passes, data) -> None:
    entry = registry.collection("sessions")
    document = data.draw(good(entry))
    base = {k: v for k, v in document.items() if k not in ("mode", "video_url", "place_point")}
    assert (refusals(validator(entry), {**base, **changes}) == []) is passes


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"type": "INTRO_VIDEO", "duration_sec": 30}, True),
        ({"type": "INTRO_VIDEO", "duration_sec": 30.5}, False),
        ({"type": "INTRO_VIDEO"}, False),
        ({"type": "AUDIO", "duration_sec": 31}, True),
        ({"type": "AUDIO"}, True),
    ],
)
@given(st.data())
@settings(max_examples=3)
def test_an_intro_video_has_at_most_thirty_seconds(changes, passes, data) -> None:
    entry = registry.collection("media")
    document = data.draw(good(entry))
    base = {k: v for k, v in document.items() if k not in ("type", "duration_sec")}
    assert (refusals(validator(entry), {**base, **changes}) == []) is passes
    assert refusals(validator(replace(entry, limits=())), {**base, **changes}) == []


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_a_validator_is_strict(entry: Collection) -> None:
    schema = json_schema(entry)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {field.name for field in entry.fields if field.required}
    assert set(schema["properties"]) == {"_id", *(field.name for field in entry.fields)}
    for field in entry.fields:
        told = field_schema(field)
        assert "enum" in told or "bsonType" in told
        if "string" in field.types:
            assert field.values or field.max_length, f"{field.name} has no longest length"
        if "array" in field.types and field.items:
            assert field.max_items
