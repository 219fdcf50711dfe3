"""What retention ends, in which order, and how long the replicas may hold it up."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from pymongo.errors import AutoReconnect, OperationFailure
from typer.testing import CliRunner

from app_core.errors import SwapskillError, TimedOutError
from app_core.schema import registry
from app_core.schema.kinds import ref
from app_core.schema.model import Collection, Table
from app_core.schema.retention import Kept, Retention
from app_core.schema.tabular import ForeignKey, Partitioning
from cluster_cli.commands.schema import app
from cluster_cli.engines.model import Domain, Health, MemberStatus
from cluster_cli.lag import above, of_members
from cluster_cli.schema.patience import bare
from cluster_cli.schema.payments_facts import Partition
from cluster_cli.schema.prune import _social as social_batches
from cluster_cli.schema.prune import holders, prune
from cluster_cli.schema.prune_payments import detach_one, prune_payments
from cluster_cli.schema.prune_statements import Referrer, count_statement, delete_statement
from cluster_cli.schema.pruned import Brake, Pruned, refuse_failures, report
from cluster_cli.schema.retention_plan import Holder, detachable, endings, referring_first
from tests.unit.cluster_cli.schema.live import SESSIONS

NOW = datetime(2026, 11, 26, tzinfo=UTC)
OLD = Retention("start_at", 30, "a month is enough", only=("status", ("DONE",)))
MONTHLY = Retention("at", 60, "why", how="partition")
PAYMENT = Table("payment", ("id",), "sync", retention=Retention("created_at", 10, "why"))
INVOICE = replace(PAYMENT, name="invoice", foreign_keys=(ForeignKey(("payment_id",), "payment", ("id",)),))


def test_only_what_prune_ends_is_listed_with_its_cutoff():
    (one,) = endings([replace(SESSIONS, retention=OLD)], [], NOW)
    assert (one.domain, one.name, one.collection) == ("social", "exchange.sessions", "sessions")
    assert one.before == datetime(2026, 10, 27, tzinfo=UTC)
    assert one.only == ("status", ("DONE",))


@pytest.mark.parametrize(
    "retention", [None, Kept("always"), replace(OLD, how="ttl"), replace(OLD, how="partition")]
)
def test_what_others_end_or_nobody_is_left_alone(retention):
    assert endings([replace(SESSIONS, retention=retention)], [], NOW) == []


def test_a_table_that_refers_to_another_comes_first():
    assert [t.name for t in referring_first([PAYMENT, INVOICE])] == ["invoice", "payment"]
    assert [e.name for e in endings([], [PAYMENT, INVOICE], NOW)] == ["payments.invoice", "payments.payment"]


def test_a_cycle_of_references_still_has_an_order():
    back = replace(PAYMENT, foreign_keys=(ForeignKey(("i",), "invoice", ("id",)),))
    assert len(referring_first([back, INVOICE])) == 2


def test_only_attached_and_half_detached_months_that_are_over_are_detached():
    table = Table("ledger", ("id",), "sync", partitioning=Partitioning("at"), retention=MONTHLY)
    parts = [
        Partition("ledger", "ledger_2026_08", True, False, 0),
        Partition("ledger", "ledger_2026_07", False, False, 0),
        Partition("ledger", "ledger_2026_09", True, False, 0),
        Partition("ledger", "ledger_2026_06", False, True, 0),
    ]
    assert [p.name for p in detachable([table], parts, NOW)] == ["ledger_2026_08", "ledger_2026_06"]


CHAT = Collection(
    name="messages",
    segment="exchange",
    shard_key=("session_id",),
    fields=(ref("session_id", "sessions.session_id", holds="its chat goes on"),),
    indexes=(),
    write_concern=SESSIONS.write_concern,
    read_concern="local",
    read_preference="primary",
)


def test_the_registrys_meetings_wait_for_their_chat():
    (sessions,) = (e for e in endings(registry.collections(), [], NOW) if e.collection == "sessions")
    assert sessions.held_by == (
        Holder("conversations", "session_id", "session_id"),
        Holder("messages", "session_id", "session_id"),
    )


class Meetings:
    """Meetings by number; what is deleted of them, batch by batch."""

    def __init__(self, *numbers):
        self.there, self.deleted = [{"_id": n, "session_id": n} for n in numbers], []

    def find(self, _, fields):
        assert "session_id" in fields
        return Rows(self.there)

    def delete_many(self, query):
        assert query["start_at"] and query["status"]
        self.deleted.append(query["_id"]["$in"])
        self.there = [d for d in self.there if d["_id"] not in self.deleted[-1]]
        return SimpleNamespace(deleted_count=len(self.deleted[-1]))


class Rows:
    """A cursor over rows that are in order."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)

    def sort(self, field):
        assert field == "start_at"
        return self

    def skip(self, number):
        return Rows(self.rows[number:])

    def limit(self, number):
        return Rows(self.rows[:number])


@pytest.mark.parametrize(
    ("talking", "dry_run", "told", "left"),
    [
        ((), False, [2, 2, 1], []),
        ((1, 2, 4), False, [1, 1], [1, 2, 4]),
        ((1, 2, 3, 4, 5), False, [], [1, 2, 3, 4, 5]),
        ((1, 2, 4), True, [1, 1], [1, 2, 3, 4, 5]),
    ],
    ids=["none", "some", "all", "dry run"],
)
def test_a_meeting_stays_while_its_chat_is_there(monkeypatch, talking, dry_run, told, left):
    (ending,) = endings([replace(SESSIONS, retention=OLD), CHAT], [], NOW)
    meetings = Meetings(1, 2, 3, 4, 5)

    def distinct(field, query):
        return [n for n in talking if n in query[field]["$in"]]

    stores = {"sessions": meetings, "messages": SimpleNamespace(distinct=distinct)}
    monkeypatch.setattr("cluster_cli.schema.prune.handle", lambda _, name: stores[name])
    client: Any = None
    assert list(social_batches(client, ending, 2, dry_run)) == told
    assert [d["_id"] for d in meetings.there] == left


REFERRERS = [
    Referrer("invoice", "payment", ("payment_id", "at"), ("id", "at")),
    Referrer("feature", "payment", ("payment_id",), ("id",)),
    Referrer("payment", "account", ("account_id",), ("id",)),
]
FEATURE = replace(
    PAYMENT,
    name="feature",
    retention=Kept("with it"),
    foreign_keys=(ForeignKey(("payment_id",), "payment", ("id",), goes_with=True),),
)


def statement(make, *more):
    (payment,) = (e for e in endings([], [PAYMENT, FEATURE], NOW) if e.name == "payments.payment")
    return make(payment, REFERRERS, *more).as_string(None)


def test_a_row_that_is_still_referred_to_waits():
    for text in (statement(count_statement), statement(delete_statement, 7)):
        assert (
            'NOT EXISTS (SELECT FROM "invoice" r WHERE r."payment_id" = "t"."id" AND r."at" = "t"."at")'
            in text
        )
        assert "account" not in text


def test_what_goes_with_a_row_leaves_in_the_same_statement():
    text = statement(delete_statement, 7)
    assert 'DELETE FROM "feature" r USING over WHERE r."payment_id" = "over"."id"' in text
    assert 'FROM "feature" r WHERE r."payment_id" = "t"."id"' not in text
    assert 'ORDER BY t."created_at" LIMIT 7 FOR UPDATE SKIP LOCKED' in text


def quiet(_: str) -> None:
    """Takes words and says nothing."""


class Server:
    """A connection whose statements on `broken` fail with the error. others: rows deleted at first."""

    def __init__(self, error, broken="invoice"):
        self.error, self.broken, self.rowcount, self.done = error, broken, 0, set()

    def execute(self, statement):
        text = statement if isinstance(statement, str) else statement.as_string(None)
        if f'DELETE FROM "{self.broken}" t' in text:
            raise self.error
        self.rowcount = 0 if text in self.done else 3
        self.done.add(text)
        return self

    def fetchall(self):
        return []


class Violated(psycopg.errors.ForeignKeyViolation):
    """As a server sends it."""

    diag: Any = SimpleNamespace(message_primary="is still referenced")


def pruned(monkeypatch, error, stop=None, broken="invoice"):
    monkeypatch.setattr("cluster_cli.schema.prune_payments._detach", lambda *_: [])
    todo = endings([], [PAYMENT, INVOICE], NOW)
    server: Any = Server(error, broken)
    return prune_payments(server, todo, NOW, stop or Brake(list, quiet), quiet, batch=9)


def test_a_table_that_fails_is_told_and_the_others_go_on(monkeypatch):
    found = pruned(monkeypatch, Violated())
    assert [(p.object, p.action, p.count) for p in found] == [
        ("payments.invoice", "failed", 0),
        ("payments.payment", "deleted", 3),
    ]
    with pytest.raises(SwapskillError, match=r"payments.invoice: is still referenced") as raised:
        refuse_failures(found)
    assert raised.value.exit_code == 1


BEHIND = ["c: 60.0 s behind, limit 5 s"]


def behind():
    return Brake(lambda: BEHIND, quiet, pause_limit=0, look=0)


def test_late_replicas_end_their_domain_after_one_batch_and_what_was_done_is_told(monkeypatch):
    found = pruned(monkeypatch, Violated(), stop=behind(), broken="nothing")
    assert [(p.object, p.action, p.count, p.reason) for p in found] == [
        ("payments.invoice", "deleted", 3, "why"),
        ("payments.invoice", "paused", 0, BEHIND[0]),
    ]
    with pytest.raises(TimedOutError, match=r"do not catch up: payments.invoice: c: 60.0 s behind") as raised:
        refuse_failures(found)
    assert raised.value.exit_code == 7


def test_late_replicas_keep_further_months_and_all_rows_from_ending(monkeypatch):
    parts = [Partition("ledger", f"ledger_2026_0{month}", True, False, 0) for month in (7, 8)]
    table = Table("ledger", ("id",), "sync", partitioning=Partitioning("at"), retention=MONTHLY)
    facts = SimpleNamespace(tables=[table], partitions=parts)
    monkeypatch.setattr("cluster_cli.schema.prune_payments.read_payments", lambda _: facts)
    connection: Any = Month(0)
    todo = endings([], [PAYMENT], NOW)
    found = prune_payments(connection, todo, NOW, behind(), quiet, batch=9)
    assert [(p.object, p.action) for p in found] == [
        ("payments.ledger_2026_07", "detached"),
        ("payments.ledger_2026_07", "paused"),
    ]


def test_what_failed_comes_before_what_was_held_up():
    told = [Pruned("a", "paused", NOW, 0, 0, "late"), Pruned("b", "failed", NOW, 0, 0, "no")]
    with pytest.raises(SwapskillError, match="b: no") as raised:
        refuse_failures(told)
    assert raised.value.exit_code == 1


@pytest.fixture
def late_social(monkeypatch):
    """Both domains have what ends; the social one's replicas stay behind."""
    ctx = SimpleNamespace(name="c", topology=SimpleNamespace(social=True, payments=True))
    nothing = contextlib.nullcontext()
    late = {"social": behind(), "payments": Brake(list, quiet)}
    social = [replace(SESSIONS, retention=OLD), replace(SESSIONS, name="reviews", retention=OLD)]
    for name, value in {
        "mongo_client": lambda *_: SimpleNamespace(close=list),
        "migrating": lambda _: contextlib.nullcontext(Server(None, "nothing")),
        "brake": lambda _, domain, *__: late[domain],
        "_social": lambda *_: iter([4, 4]),
        "endings": lambda *_: endings(social, [PAYMENT], NOW),
    }.items():
        monkeypatch.setattr(f"cluster_cli.schema.prune.{name}", value)
    monkeypatch.setattr("cluster_cli.schema.prune_payments._detach", lambda *_: [])
    for name, value in {
        "infra.context.load_context": lambda _: ctx,
        "cluster_cli.lock.operation": lambda *_: nothing,
        "cluster_cli.opslog.recorded": lambda *_: nothing,
    }.items():
        monkeypatch.setattr(name, value)
    return ctx


def test_late_replicas_of_one_domain_leave_the_other_one_alone(late_social):
    found = prune(late_social, quiet, batch=9, max_lag=5)
    assert [(p.object, p.action, p.count) for p in found] == [
        ("exchange.sessions", "deleted", 4),
        ("exchange.sessions", "paused", 0),
        ("payments.payment", "deleted", 3),
    ]


def test_the_command_shows_all_that_was_done_before_it_ends_with_7(late_social):
    done = CliRunner().invoke(app, ["prune", "--yes", "-o", "json"])
    assert [(one["object"], one["action"]) for one in json.loads(done.stdout)] == [
        ("exchange.sessions", "deleted"),
        ("exchange.sessions", "paused"),
        ("payments.payment", "deleted"),
    ]
    assert isinstance(done.exception, TimedOutError)


def test_a_lost_server_ends_it(monkeypatch):
    with pytest.raises(psycopg.OperationalError):
        pruned(monkeypatch, psycopg.OperationalError("the connection is lost"))


def test_nothing_is_refused_where_nothing_failed():
    refuse_failures([Pruned("a", "deleted", NOW, 1, 1, ""), Pruned("b", "kept", NOW, 1, 0, "")])


def test_collections_fail_alone_but_not_without_a_server():
    (ending,) = endings([replace(SESSIONS, retention=OLD)], [], NOW)

    def broken(error):
        yield 4
        raise error

    (done, failed) = report(ending, broken(OperationFailure("no")), Brake(list, quiet), quiet, False)
    assert (done.count, failed.action, failed.reason) == (4, "failed", "no")
    with pytest.raises(AutoReconnect):
        report(ending, broken(AutoReconnect("gone")), Brake(list, quiet), quiet, False)


class Month:
    """A connection that says how many rows of a month are not done, and notes what else it gets."""

    broken = False

    def __init__(self, unfinished):
        self.unfinished, self.got = unfinished, []

    def execute(self, statement, _=None):
        self.got.append(bare(statement))
        return self

    def fetchone(self):
        state = "inhdetachpending" in self.got[-1]
        return (False, False) if state else (self.unfinished,)


@pytest.mark.parametrize(
    ("unfinished", "action", "count"), [(0, "detached", 1), (2, "kept", 2)], ids=["done", "waiting"]
)
def test_a_month_with_unpublished_events_stays_and_is_told(unfinished, action, count):
    month: Any = Month(unfinished)
    said: list[str] = []
    part = Partition("outbox", "outbox_2026_01", True, False, 0)
    found = detach_one(month, part, "published_at", NOW, said.append, False)
    assert (found.action, found.count) == (action, count)
    assert any("DETACH" in text for text in month.got) == (action == "detached")
    assert "outbox_2026_01" in said[0]


def test_only_the_outbox_waits_for_its_rows():
    assert [t.name for t in registry.tables() if t.partitioning and t.partitioning.done] == ["outbox"]


def test_the_registry_says_for_all_data_how_they_end():
    assert len(endings(registry.collections(), registry.tables(), NOW)) > 5


def test_a_batch_waits_until_the_replicas_have_caught_up():
    answers, said = [["b is 9 s behind"], ["b is 6 s behind"], []], []
    stop = Brake(lambda: answers.pop(0), said.append, look=0)
    stop.wait()
    assert (answers, stop.paused, said) == ([], 1, ["paused: b is 9 s behind"])


def member(name: str, kind: str, lag: float, domain: Domain = "social") -> MemberStatus:
    return MemberStatus(
        name, domain, kind, "g", "secondary", "a", "h", Health.OK, "SECONDARY", lag_seconds=lag
    )


def test_a_warm_copy_that_stays_behind_holds_the_brake():
    members = [member("a", "mongod-shard", 0.0), member("dr-a", "mongod-hidden", 60.0)]
    assert above(of_members(holders(members, "social")), 10.0) == ["dr-a: 60.0 s behind, limit 10 s"]


def test_config_servers_and_the_other_domain_do_not_hold_it():
    members = [member("c", "mongod-config", 60.0), member("dr-c", "mongod-hidden-config", 60.0)]
    members.append(member("pg", "postgres", 60.0, domain="payments"))
    assert holders(members, "social") == []


def test_replicas_without_lag_do_not_hold_it_up():
    stop = Brake(list, lambda _: pytest.fail("it said something"))
    stop.wait()
    assert stop.paused == 0


def test_replicas_that_never_catch_up_end_it_with_the_reason():
    stop = Brake(lambda: ["c: lag unknown, the member is down"], lambda _: None, pause_limit=0, look=0)
    with pytest.raises(TimedOutError, match="lag unknown"):
        stop.wait()
