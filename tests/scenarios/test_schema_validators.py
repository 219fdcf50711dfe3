"""The validators on a real server: for each rule a bad document is refused, every good one is taken."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pymongo.errors import BulkWriteError

from app_core.schema import registry
from app_core.schema.model import Collection
from app_core.schema.validators import validator
from cluster_cli.engines.mongodb import member_client, primary
from infra.context import Context
from tests.unit.app_core.schema.documents import BIG, breaches, good, ways, whole

pytestmark = pytest.mark.cluster
REFUSED = 121
ONCE = settings(max_examples=1, phases=[Phase.generate], suppress_health_check=BIG)


@pytest.fixture(scope="module")
def scratch(sandbox: Context) -> Iterator[Any]:
    """An empty database on one shard's primary, away from the application's."""
    leader = primary(sandbox, "exchange-1")
    assert leader is not None
    with member_client(sandbox, leader) as client:
        yield client["validators"]
        client.drop_database("validators")


def target(scratch: Any, entry: Collection) -> Any:
    name = f"{entry.name}_{uuid.uuid4().hex[:8]}"
    return scratch.create_collection(name, validator=validator(entry))


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_good_documents_are_taken(scratch: Any, entry: Collection) -> None:
    taken = target(scratch, entry)

    @settings(max_examples=5, phases=[Phase.generate], suppress_health_check=BIG)
    @given(st.lists(good(entry), min_size=5, max_size=5))
    def take(documents: list[dict[str, Any]]) -> None:
        fresh = [{**document, "_id": uuid.uuid4()} for document in documents]
        assert len(taken.insert_many(fresh).inserted_ids) == 5

    take()


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_a_bad_document_is_refused_for_each_rule(scratch: Any, entry: Collection) -> None:
    refusing, rules = target(scratch, entry), list(breaches(entry))

    @ONCE
    @given(st.data())
    def refuse(data: st.DataObject) -> None:
        bases = {name: data.draw(whole(entry, name)) for _, name in ways(entry)}
        bad = []
        for breach in rules:
            base = bases.get(breach.field) or next(iter(bases.values()))
            bad.append(breach.broken({**base, "_id": uuid.uuid4()}))
        with pytest.raises(BulkWriteError) as refused:
            refusing.insert_many(bad, ordered=False)
        faults = {error["index"]: error["code"] for error in refused.value.details["writeErrors"]}
        assert [rule.rule for n, rule in enumerate(rules) if faults.get(n) != REFUSED] == []

    refuse()


def test_a_collection_without_validator_takes_them_all(scratch: Any) -> None:
    """The inversion: it is the validator that refuses."""
    entry = registry.collection("reviews")

    @ONCE
    @given(whole(entry, ""))
    def take(base: dict[str, Any]) -> None:
        bad = [breach.broken({**base, "_id": uuid.uuid4()}) for breach in breaches(entry)]
        loose = scratch[f"loose_{uuid.uuid4().hex[:8]}"]
        assert len(loose.insert_many(bad).inserted_ids) == len(bad)

    take()
