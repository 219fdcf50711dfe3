"""The rules about indexes: each on a case in which it must speak, and one in which it must be silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from pymongo.errors import ServerSelectionTimeoutError

from cluster_cli.schema.review import ReviewFacts, _payments, _social, findings, rules
from cluster_cli.schema.review._model import IndexUse, SlowQuery, drop_command
from cluster_cli.schema.review._payments import compared, parameters, scans, since_change, together
from cluster_cli.schema.review._read import unheard_words
from cluster_cli.schema.review._social import Access, cache_bytes, unheard, uses
from cluster_cli.schema.review._social_slow import query_of, slow_entries, stages
from infra.endpoint import Endpoint
from tests.unit.cluster_cli.schema.live import BY_ID, BY_TIME, SESSIONS, live

NOW = datetime(2026, 11, 26, tzinfo=UTC)
BUSY = IndexUse(
    domain="payments",
    table="account",
    name="account_user_id",
    keys=("user_id 1",),
    needed=False,
    condition="",
    special=False,
    declared=True,
    uses=7,
    since=NOW - timedelta(days=3),
    size_bytes=1000,
    table_bytes=2000,
)
QUERY = SlowQuery("payments", "account", "SELECT …", ("email",), 10, 50.0, True)


def kinds(*indexes, slow=()):
    facts = ReviewFacts(indexes, tuple(slow), NOW, timedelta(days=1), 500)
    return [(f.kind, f.object) for f in findings(facts)]


QUIET = {
    "used": (BUSY, ()),
    "unused but unique": (replace(BUSY, uses=0, needed=True), ()),
    "unused, but counted for an hour only": (replace(BUSY, uses=0, since=NOW - timedelta(hours=1)), ()),
    "unused, but a member did not answer": (replace(BUSY, uses=0, unheard=("pg2",)), ()),
    "large and small table, below the least size": (replace(BUSY, size_bytes=400, table_bytes=1), ()),
    "a quarter of the cache": (replace(BUSY, cache_share=0.25), ()),
    "more of the cache, below the least size": (replace(BUSY, size_bytes=400, cache_share=0.9), ()),
    "a slow query that does not scan": (BUSY, (replace(QUERY, scans=False),)),
    "a slow query without a comparison": (BUSY, (replace(QUERY, fields=()),)),
}


@pytest.mark.parametrize(("index", "slow"), QUIET.values(), ids=QUIET.keys())
def test_silent(index, slow):
    assert kinds(index, slow=slow) == []


def test_unused():
    assert kinds(replace(BUSY, uses=0)) == [("unused", "account account_user_id")]


def test_a_standby_that_does_not_answer_may_be_the_one_that_uses_an_index(monkeypatch):
    row = ("account", "account_user_id", ["user_id 1"], False, "", False, 0, NOW, 1, 1, False)

    def refuse(_, *, via, **__):
        if via == "pgdr1":
            raise psycopg.OperationalError
        return SimpleNamespace(execute=lambda _: SimpleNamespace(fetchall=lambda: [row]), close=lambda: None)

    monkeypatch.setattr(_payments, "connect", refuse)
    monkeypatch.setattr(_payments, "read_last_applied", lambda _: NOW + timedelta(hours=1))
    ctx: Any = SimpleNamespace(of_kind=lambda _: [SimpleNamespace(member=name) for name in ("pg1", "pgdr1")])
    (one,) = _payments.read_uses(ctx, {})
    assert one.unheard == ("pgdr1",)
    assert one.since == NOW + timedelta(hours=1)


def test_commands_about_a_partitioned_table_are_ones_that_postgresql_takes():
    index = replace(BUSY, partitioned=True)
    assert drop_command(index) == "a new migration: DROP INDEX IF EXISTS account_user_id"
    assert drop_command(BUSY) == "a new migration: DROP INDEX CONCURRENTLY IF EXISTS account_user_id"
    assert drop_command(replace(BUSY, declared=False)).endswith("--allow-drop 'index account_user_id'")
    (one,) = findings(ReviewFacts((), (replace(QUERY, partitioned=True),), NOW, timedelta(), 0))
    assert "CREATE INDEX IF NOT EXISTS account_email ON ONLY account (email)" in one.command
    assert "CONCURRENTLY" not in one.command


def test_over_sized():
    assert kinds(replace(BUSY, size_bytes=2001)) == [("over-sized", "account account_user_id")]


SOCIAL = replace(BUSY, domain="social", table="exchange.messages", name="lang_1")


def test_over_sized_on_mongodb_by_its_data_and_by_the_cache():
    facts = ReviewFacts(
        (replace(SOCIAL, size_bytes=2001), replace(SOCIAL, cache_share=0.3)), (), NOW, timedelta(), 500
    )
    bloated, wide = findings(facts)
    assert (bloated.kind, bloated.detail) == ("over-sized", "2.0 KiB, its data are 2.0 KiB")
    assert bloated.command.endswith("use exchange; db.runCommand({compact: 'messages'})")
    assert (wide.kind, wide.detail) == ("over-sized", "1000 B, 30% of a member's cache, more than 25%")
    assert "in app_core/schema/collections/messages.py put one with fewer keys" in wide.command
    assert "swapctl schema apply --allow-drop exchange.messages.lang_1" in wide.command


def test_a_needed_index_that_crowds_the_cache_is_not_to_be_dropped():
    (one,) = findings(
        ReviewFacts((replace(SOCIAL, needed=True, cache_share=0.3),), (), NOW, timedelta(), 500)
    )
    assert "further shard" in one.command
    assert "drop" not in one.command


def test_the_cache_that_an_index_fills_most_counts():
    accesses = [access(BY_TIME, 1, 0.1), access(BY_TIME, 1, 0.4), access(BY_TIME, 1, 0.2)]
    (one,) = uses([SESSIONS], accesses, {SESSIONS.namespace: {}}, {})
    assert one.cache_share == 0.4
    assert cache_bytes({"wiredTiger": {"cache": {"maximum bytes configured": 268435456}}}) == 2**28


def test_missing_with_the_index_to_make():
    facts = ReviewFacts(
        (), (QUERY, replace(QUERY, domain="social", table="members.users")), NOW, timedelta(), 0
    )
    sql, mongo = findings(facts)
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS account_email ON account (email)" in sql.command
    assert 'Index((("email", 1),), …) to app_core/schema/collections/users.py' in mongo.command


WIDER = replace(BUSY, name="wider", keys=("user_id 1", "at -1"))
TWIN = replace(BUSY, name="a_twin")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (WIDER, "account_user_id"),
        (TWIN, "account_user_id"),
        (replace(TWIN, name="z_twin"), "z_twin"),
        (replace(WIDER, condition="status = 'x'"), None),
        (replace(WIDER, keys=("at -1", "user_id 1")), None),
        (replace(WIDER, table="other"), None),
        (replace(WIDER, special=True), None),
        (replace(WIDER, hidden=True), None),
    ],
)
def test_duplicate(other, told):
    found = [f for f in kinds(BUSY, other) if f[0] == "duplicate"]
    assert found == ([("duplicate", f"account {told}")] if told else [])


INCLUDING = replace(BUSY, name="z_including", keys=("user_id 1", "balance included"))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (INCLUDING, "account_user_id"),
        (replace(INCLUDING, keys=("user_id text_pattern_ops 1", "balance included")), None),
    ],
    ids=["more columns", "another operator class"],
)
def test_the_one_that_serves_more_is_not_the_duplicate(other, told):
    found = [f for f in kinds(replace(BUSY, name="account_user_id"), other) if f[0] == "duplicate"]
    assert found == ([("duplicate", f"account {told}")] if told else [])


def test_an_index_of_a_moment_ago_is_not_unused():
    old = replace(BUSY, uses=0)
    assert kinds(since_change(old, None)) == [("unused", "account account_user_id")]
    assert kinds(since_change(old, NOW - timedelta(days=2))) == [("unused", "account account_user_id")]
    assert kinds(since_change(old, NOW - timedelta(hours=1))) == []


def test_a_unique_index_is_no_duplicate_but_makes_its_twin_one():
    unique = replace(TWIN, needed=True, name="zz")
    assert kinds(BUSY, unique) == [("duplicate", "account account_user_id")]


def test_counters_of_members_are_added_up_since_the_youngest():
    younger = replace(BUSY, uses=3, since=NOW)
    (one,) = together([[BUSY], [younger]])
    assert (one.uses, one.since) == (10, NOW)


def access(index, uses_, share=0.0, **spec):
    return Access(SESSIONS.namespace, index.name, {**live(index), **spec}, uses_, NOW, share)


def test_social_counters():
    accesses = [access(BY_ID, 1), access(BY_TIME, 2), access(BY_TIME, 3), access(BY_TIME, 0, name="x")]
    stats = {SESSIONS.namespace: {"indexSizes": {BY_TIME.name: 9}, "size": 5}}
    by_id, by_time = sorted(uses([SESSIONS], accesses, stats, {}), key=lambda u: u.name)
    assert (by_id.needed, by_time.needed) == (True, False)
    assert (by_time.uses, by_time.size_bytes, by_time.table_bytes) == (5, 9, 5)
    assert by_time.keys == ("status 1", "start_at -1")
    assert by_time.declared


FEWER = {
    "a filter": {"partialFilterExpression": {"status": "open"}},
    "sparse": {"sparse": True},
    "a collation": {"collation": {"locale": "fr"}},
    "hidden": {"hidden": True},
}


@pytest.mark.parametrize("spec", FEWER.values(), ids=FEWER.keys())
def test_an_index_that_serves_fewer_queries_makes_no_other_a_duplicate(spec):
    for properties, told in (({}, [("duplicate", f"{SESSIONS.namespace} {BY_TIME.name}")]), (spec, [])):
        twin = replace(access(BY_TIME, 1, **properties), name="a_twin")
        assert kinds(*uses([SESSIONS], [access(BY_TIME, 2), twin], {SESSIONS.namespace: {}}, {})) == told


def test_a_hidden_index_is_a_duplicate_of_one_that_is_used():
    hidden = replace(access(BY_TIME, 1, hidden=True), name="z_twin")
    found = kinds(*uses([SESSIONS], [access(BY_TIME, 2), hidden], {SESSIONS.namespace: {}}, {}))
    assert found == [("duplicate", f"{SESSIONS.namespace} z_twin")]


def test_the_only_index_that_begins_with_the_shard_key_is_needed():
    plain = replace(SESSIONS, indexes=())
    spec = Access(plain.namespace, "session_id_1", {"key": {"session_id": 1}}, 0, NOW, 0.0)
    (one,) = uses([plain], [spec], {plain.namespace: {}}, {})
    assert one.needed
    assert not one.declared


def endpoint(member, group):
    return Endpoint(member, "mongod-shard", group, "h", "a", "r", "127.0.0.1", {})


def test_a_silent_member_keeps_the_indexes_of_its_segment_from_being_called_unused():
    segments = {"exchange": ("x-1", "x-2"), "members": ("m-1",)}
    stats = {SESSIONS.namespace: {}}
    for silent, told in (("x-2", []), ("m-1", [("unused", f"{SESSIONS.namespace} {BY_TIME.name}")])):
        missing = unheard([endpoint("late", silent)], segments)
        (one,) = uses([SESSIONS], [access(BY_TIME, 0)], stats, missing)
        assert kinds(replace(one, since=NOW - timedelta(days=9))) == told
        assert one.unheard == (("late",) if silent == "x-2" else ())


def test_a_member_that_does_not_answer_is_not_one_without_uses(monkeypatch):
    def refuses(*_, **__):
        raise ServerSelectionTimeoutError("x-b: connection refused")

    answers = {"x-a": [access(BY_TIME, 0)], "dr-a": None}
    ctx: Any = SimpleNamespace(
        topology=SimpleNamespace(social=SimpleNamespace(segments={"exchange": ("x-1",)})),
        of_kind=lambda kind: (endpoint("x-a" if kind == "mongod-shard" else "dr-a", "x-1"),),
    )
    monkeypatch.setattr(_social, "member_client", refuses)
    assert _social._accesses(ctx, "dr-a", [SESSIONS]) is None
    monkeypatch.setattr(_social, "_accesses", lambda _, member, __: answers[member])
    monkeypatch.setattr(_social, "_stats", lambda *_: {})
    (one,) = _social.read_uses(ctx, ctx, [SESSIONS])
    assert one.unheard == ("dr-a",)


def test_who_did_not_answer_is_said():
    deaf = replace(BUSY, unheard=("x-b",))
    assert list(unheard_words([deaf, deaf, BUSY])) == [
        "x-b does not answer: the disuse of 2 indexes is not judged"
    ]
    assert list(unheard_words([BUSY])) == []


LINE = (
    '{"t":{"$date":"2026-11-26T12:00:00.000+00:00"},"msg":"Slow query","attr":{"ns":"exchange.messages",'
    '"command":{"find":"messages","filter":{"lang":"fr"}},"planSummary":"COLLSCAN","durationMillis":140}}'
)


def test_slow_queries_are_read_from_the_servers_log():
    (entry,) = slow_entries([LINE, "not JSON", '{"msg":"Slow query","attr":{}}', "Slow query {"])
    assert query_of(entry["command"]) == {"lang": "fr"}
    assert query_of({"pipeline": [{"$match": {"a": 1}}]}) == {"a": 1}
    assert query_of({"pipeline": []}) == {}
    assert query_of({"q": {"b": 2}}) == {"b": 2}


def test_plans():
    mongo = {"stage": "SHARD_MERGE", "shards": [{"winningPlan": {"stage": "COLLSCAN"}}]}
    assert list(stages(mongo)) == ["SHARD_MERGE", "COLLSCAN"]
    node = {"Node Type": "Seq Scan", "Filter": "(x = 1)", "Relation Name": "a"}
    assert list(scans({"Node Type": "Limit", "Plans": [node, {"Node Type": "Seq Scan"}]})) == [node]
    assert list(scans(None)) == []
    assert compared("((at > $1) AND (user_id = $2) AND (status = 'x'::text))") == ("user_id", "status", "at")
    assert parameters("SELECT $1, $12, $3") == 12
    assert parameters("SELECT 1") == 0


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_every_rule_says_what_it_finds(rule):
    assert rule.finds.endswith(".")
