"""What every entry of the schema registry must have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app_core.schema import registry
from app_core.schema.fields import Outlives, Reference, walk
from app_core.schema.model import Collection, Index, Kept, Limit, Retention, Table
from app_core.schema.personal import HANDLING
from app_core.schema.queries import query

COLLECTIONS = registry.collections()
NAMES = {entry.name: entry for entry in COLLECTIONS}


def missing(entry: Collection) -> list[str]:
    """What an entry lacks, in words: empty for a complete one."""
    paths = {path for path, _ in walk(entry.fields)}
    required = {field.name for field in entry.fields if field.required}
    names = [index.name for index in entry.indexes]
    return [
        *(["entity or sentence"] if not (entry.entity and entry.says) else []),
        *(["primary key"] if not entry.primary_key or not set(entry.primary_key) <= required else []),
        *(["primary key is not unique"] if not unique_key(entry) else []),
        *(["shard key that may lack"] if not set(entry.shard_key) <= required else []),
        *(
            ["shard key without index"]
            if not any(prefixed(i, entry.shard_key) for i in entry.indexes)
            else []
        ),
        *(
            f"unique {i.name} needs a claim"
            for i in entry.indexes
            if i.unique and not prefixed(i, entry.shard_key)
        ),
        *(f"{i.name}: a field that is none" for i in entry.indexes if not set(i.fields) <= paths),
        *(f"{i.name}: serves nothing" for i in entry.indexes if not i.serves or i.query is None),
        *(["an index name twice"] if len(set(names)) < len(names) else []),
        *(["a limit of nothing"] if not limits_fit(entry) else []),
        *(["retention"] if entry.retention is None else []),
        *(["retention without index"] if not retention_indexed(entry) else []),
        *(["erasure"] if entry.erasure is None else []),
    ]


def prefixed(index: Index, shard_key: tuple[str, ...]) -> bool:
    return index.fields[: len(shard_key)] == shard_key


def unique_key(entry: Collection) -> bool:
    """Some unique index lies within shard key and primary key: then no two documents share the latter.

    Documents of one shard key lie on one shard, and another shard key is another document.
    """
    wide = {*entry.shard_key, *entry.primary_key}
    return any(i.unique and i.partial is None and set(i.fields) <= wide for i in entry.indexes)


def limits_fit(entry: Collection) -> bool:
    """Limits are of numbers, and under a value that a required field can have."""
    fields = {field.name: field for field in entry.fields}
    return all(
        limit.field in fields
        and fields[limit.field].maximum is not None
        and fields[limit.when[0]].required
        and limit.when[1] in fields[limit.when[0]].values
        for limit in entry.limits
    )


def retention_indexed(entry: Collection) -> bool:
    """What ends is found by an index that begins with the retention's fields."""
    ends = entry.retention
    if not isinstance(ends, Retention):
        return True
    wanted = (ends.only[0], ends.field) if ends.only else (ends.field,)
    return any(prefixed(index, wanted) for index in entry.indexes)


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_a_collection_is_complete(entry: Collection) -> None:
    assert missing(entry) == []


INCOMPLETE = {
    "entity or sentence": replace(NAMES["users"], entity=""),
    "primary key": replace(NAMES["users"], primary_key=("bio",)),
    "primary key is not unique": replace(NAMES["skills"], primary_key=("label",)),
    "shard key that may lack": replace(NAMES["users"], shard_key=("bio",)),
    "shard key without index": replace(NAMES["users"], shard_key=("name",)),
    "unique code_1 needs a claim": replace(NAMES["badges"], shard_key=("badge_id",)),
    "x_1: a field that is none": replace(
        NAMES["badges"], indexes=(*NAMES["badges"].indexes, Index((("x", 1),), "x", query=query("x")))
    ),
    "code_1: serves nothing": replace(
        NAMES["tasks"], indexes=(Index((("code", 1),), ""), *NAMES["tasks"].indexes)
    ),
    "an index name twice": replace(NAMES["tasks"], indexes=NAMES["tasks"].indexes * 2),
    "a limit of nothing": replace(NAMES["media"], limits=(Limit(("type", "FILM"), "duration_sec", 30),)),
    "retention": replace(NAMES["tasks"], retention=None),
    "retention without index": replace(NAMES["tasks"], retention=Retention("created_at", 1, "x")),
    "erasure": replace(NAMES["tasks"], erasure=None),
}


def serves_nothing(entry: Table) -> list[str]:
    """A table's indexes that neither have a query nor say that they only constrain."""
    return [
        index.name
        for index in entry.indexes
        if (index.query is None) != index.only_constrains or (index.only_constrains and not index.unique)
    ]


@pytest.mark.parametrize("entry", registry.tables(), ids=lambda entry: entry.name)
def test_an_index_of_a_table_serves_a_query_or_only_constrains(entry: Table) -> None:
    assert serves_nothing(entry) == []


@pytest.mark.parametrize(
    "change", [{"query": None}, {"only_constrains": True}], ids=["no query", "a query and none"]
)
def test_an_index_of_a_table_that_does_neither_is_seen(change: dict[str, Any]) -> None:
    outbox = registry.table("outbox")
    first, *others = outbox.indexes
    assert serves_nothing(replace(outbox, indexes=(replace(first, **change), *others))) == [first.name]


def finds_the_member(entry: Collection) -> bool:
    """Some index begins with the member's id, or with a reference to a collection of which that holds."""
    if entry.name == "users":
        return True
    targets = {f.name: r.target for f in entry.fields for r in f.references if r.domain == "social"}
    led = {targets[index.fields[0]] for index in entry.indexes if index.fields[0] in targets}
    return any(finds_the_member(NAMES[target]) for target in led - {entry.name})


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_what_an_erasure_deletes_it_can_find(entry: Collection) -> None:
    assert entry.erasure is not None
    assert entry.erasure.action != "delete" or finds_the_member(entry)


@pytest.mark.parametrize("name", ["jobs", "exchange_outbox", "members_outbox", "badges"])
def test_what_no_index_finds_by_its_member_is_seen(name: str) -> None:
    assert not finds_the_member(NAMES[name])


def test_what_a_failed_job_says_is_not_logged() -> None:
    (error,) = (field for field in NAMES["jobs"].fields if field.name == "error")
    assert not HANDLING[error.personal].logged


def test_no_order_is_promised_that_the_outbox_cannot_keep() -> None:
    for name in ("exchange_outbox", "members_outbox"):
        told = " ".join(field.says for field in NAMES[name].fields)
        assert "may be published in any order" in told
        assert "keep their order" not in told


@pytest.mark.parametrize("what", INCOMPLETE)
def test_what_an_entry_lacks_is_named(what: str) -> None:
    assert what in missing(INCOMPLETE[what])


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_every_reference_leads_to_a_key(entry: Collection) -> None:
    for path, field in walk(entry.fields):
        inner = field.items.references if field.items else ()
        for reference in (*field.references, *inner):
            assert reference.field in key_of(reference.target, reference.domain), f"{entry.name}.{path}"


def key_of(target: str, domain: str) -> tuple[str, ...]:
    return NAMES[target].primary_key if domain == "social" else registry.table(target).key


def ends_before(reference: Reference) -> bool:
    """Whether retention may end what a reference leads to before the document that refers.

    Only the target's matters: a document may be made on the last day of what it refers to, however short
    it is kept from then on.
    """
    return isinstance(NAMES[reference.target].retention, Retention) and not reference.holds


def unexplained(entry: Collection) -> list[str]:
    """References by which an entry outlives what it refers to, without a reason; or with a needless one."""
    return [
        f"{path} -> {reference.target}"
        for path, field in walk(entry.fields)
        for reference in field.references
        if reference.domain == "social" and reference.target != "users"
        if (by_retention := ends_before(reference)) or reference.may_outlive
        if by_retention != bool(reference.may_outlive and reference.may_outlive.by == "retention")
        and not (reference.may_outlive and reference.may_outlive.by == "deletion")
    ]


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_what_outlives_the_thing_that_it_refers_to_says_why(entry: Collection) -> None:
    assert unexplained(entry) == []
    for path, field in walk(entry.fields):
        for reference in field.references:
            if reference.may_outlive is not None:
                assert reference.may_outlive.reason, path
                assert reference.may_outlive.since in {f.name for f in entry.fields if f.required}


def test_an_outliving_reference_without_a_reason_is_seen() -> None:
    reviews = NAMES["reviews"]
    silent = tuple(
        replace(f, references=tuple(replace(r, may_outlive=None) for r in f.references))
        for f in reviews.fields
    )
    assert unexplained(replace(reviews, fields=silent)) == ["session_id -> sessions"]


def test_a_short_retention_of_its_own_keeps_no_reference() -> None:
    reviews = replace(NAMES["reviews"], retention=Retention("created_at", 1, "x"))
    assert unexplained(reviews) == []
    messages = NAMES["messages"]
    loose = tuple(
        replace(f, references=tuple(replace(r, holds="") for r in f.references)) for f in messages.fields
    )
    assert unexplained(replace(messages, fields=loose)) == ["session_id -> sessions"]


def test_what_holds_its_target_does_not_outlive_it() -> None:
    both = Reference("sessions", "session_id", may_outlive=Outlives("x"), holds="x")
    held = replace(NAMES["messages"].fields[1], references=(both,))
    assert unexplained(replace(NAMES["messages"], fields=(held,))) == ["session_id -> sessions"]


def unfindable(entry: Collection) -> list[str]:
    """Fields that hold what they refer to, and by which no index finds whether they still do."""
    return [
        path
        for path, field in walk(entry.fields)
        if any(reference.holds for reference in field.references)
        and not any(prefixed(index, (path,)) for index in entry.indexes)
    ]


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_what_holds_its_target_is_found_by_an_index(entry: Collection) -> None:
    assert unfindable(entry) == []


def test_a_holding_field_without_an_index_is_seen() -> None:
    assert unfindable(replace(NAMES["messages"], indexes=())) == ["session_id"]


def test_one_collection_tells_who_was_erased() -> None:
    (witness,) = (entry for entry in COLLECTIONS if entry.tells_erased)
    assert witness.tells_erased == "users"
    assert witness.primary_key == NAMES["users"].primary_key
    assert isinstance(witness.retention, Kept) and witness.erasure and witness.erasure.action == "keep"


def test_a_reference_to_nothing_is_seen() -> None:
    with pytest.raises(KeyError):
        key_of("nobody", "social")


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_a_time_to_live_is_the_retentions(entry: Collection) -> None:
    ends = {index.fields[0]: index.ttl_seconds for index in entry.indexes if index.ttl_seconds is not None}
    retention = entry.retention
    wanted = isinstance(retention, Retention) and retention.how == "ttl"
    assert ends == ({retention.field: int(retention.days * 86_400)} if wanted else {})  # type: ignore[union-attr]


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_every_member_id_is_a_pseudonym_and_every_reason_is_given(entry: Collection) -> None:
    for path, field in walk(entry.fields):
        assert field.personal in HANDLING
        if any(reference.target == "users" and not reference.when for reference in field.references):
            assert field.personal == "pseudonym", path
    assert all(departure.what and departure.reason for departure in entry.departures)
    assert isinstance(entry.retention, Kept | Retention) and entry.retention.reason


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_lists_and_free_objects_are_admitted_departures(entry: Collection) -> None:
    loose = [
        path.split(".")[0] for path, f in walk(entry.fields) if f.items is not None or f.entries is not None
    ]
    told = " ".join(departure.what for departure in entry.departures)
    assert [name for name in loose if name not in told] == []


def test_a_claim_names_the_constraint_that_it_keeps() -> None:
    claims = {entry.claim.of: entry for entry in COLLECTIONS if entry.claim}
    by_claim = {
        f"{entry.name}.{field}": claimer for entry in COLLECTIONS for field, claimer in entry.unique_by_claim
    }
    assert {of: entry.name for of, entry in claims.items()} == by_claim == {"users.email": "user_emails"}
    for entry in claims.values():
        assert entry.claim is not None
        assert entry.shard_key == (entry.claim.key,)
        assert entry.claim.holder in {field.name for field in entry.fields}


def test_write_concerns_of_the_documents() -> None:
    concerns = {entry.name: (entry.write_concern.w, entry.write_concern.j) for entry in COLLECTIONS}
    assert concerns["messages"] == (1, None)
    assert concerns["sessions"] == concerns["reviews"] == ("majority", True)


def test_segments_and_names() -> None:
    assert registry.segments() == {"members", "exchange"}
    assert registry.collection("reviews").namespace == "exchange.reviews"
    with pytest.raises(KeyError):
        registry.collection("nobody")


def test_an_entry_can_be_a_key_of_a_mapping() -> None:
    assert len({entry: entry.name for entry in COLLECTIONS}) == len(COLLECTIONS)
    assert len(set(registry.tables())) == len(registry.tables())
