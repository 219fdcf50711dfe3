"""docs/dictionary.md is what the registry says now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app_core.schema import registry
from app_core.schema.diagram import diagram, edges
from app_core.schema.dictionary import dictionary

PAGE = Path(__file__).parents[2] / "docs" / "dictionary.md"
COLLECTIONS, TABLES = registry.collections(), registry.tables()


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == dictionary(COLLECTIONS, TABLES), "run: swapctl schema doc"


def test_a_change_of_the_registry_changes_the_page() -> None:
    changed = (replace(COLLECTIONS[0], departures=()), *COLLECTIONS[1:])
    assert dictionary(changed, TABLES) != dictionary(COLLECTIONS, TABLES)


def test_every_entry_field_and_departure_is_told() -> None:
    page = dictionary(COLLECTIONS, TABLES)
    for entry in (*COLLECTIONS, *TABLES):
        assert f"### {entry.name}\n" in page
        assert all(departure.reason in page for departure in entry.departures)
        assert all(f"| {index.name} |" in page for index in entry.indexes)


def test_the_diagram_has_every_reference() -> None:
    drawn = diagram(COLLECTIONS, TABLES)
    found = list(edges(COLLECTIONS, TABLES))
    assert ("users", "payment_intent", "user_id") in found
    assert ("sessions", "messages", "session_id") in found
    assert ("payment_intent", "invoice", "payment_intent_id") in found
    assert all(f'{source} : "{field}"' in drawn for _, source, field in found)
    assert 'users ||--o| user_stats : "user_id"' in drawn
