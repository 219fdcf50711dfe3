"""What retention ends, in which order, and how long the replicas may hold it up."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app_core.errors import TimedOutError
from app_core.schema import registry
from app_core.schema.model import Table
from app_core.schema.retention import Kept, Retention
from app_core.schema.tabular import ForeignKey, Partitioning
from cluster_cli.schema.payments_facts import Partition
from cluster_cli.schema.prune import Brake
from cluster_cli.schema.retention_plan import detachable, endings, referring_first
from tests.unit.cluster_cli.schema.live import SESSIONS

NOW = datetime(2026, 11, 26, tzinfo=UTC)
OLD = Retention("start_at", 30, "a month is enough", only=("status", ("DONE",)))
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


def test_only_attached_months_that_are_over_are_detached():
    table = Table("ledger", ("id",), "sync", partitioning=Partitioning("at", keep_months=2))
    parts = [
        Partition("ledger", "ledger_2026_08", True, False, 0),
        Partition("ledger", "ledger_2026_07", False, False, 0),
        Partition("ledger", "ledger_2026_09", True, False, 0),
    ]
    assert [p.name for p in detachable([table], parts, NOW)] == ["ledger_2026_08"]


def test_the_registry_says_for_all_data_how_they_end():
    assert len(endings(registry.collections(), registry.tables(), NOW)) > 5


def test_a_batch_waits_until_the_replicas_have_caught_up():
    answers, said = [["b is 9 s behind"], ["b is 6 s behind"], []], []
    stop = Brake(lambda: answers.pop(0), said.append, look=0)
    stop.wait()
    assert (answers, stop.paused, said) == ([], 1, ["paused: b is 9 s behind"])


def test_replicas_without_lag_do_not_hold_it_up():
    stop = Brake(list, lambda _: pytest.fail("it said something"))
    stop.wait()
    assert stop.paused == 0


def test_replicas_that_never_catch_up_end_it_with_the_reason():
    stop = Brake(lambda: ["c: lag unknown, the member is down"], lambda _: None, pause_limit=0, look=0)
    with pytest.raises(TimedOutError, match="lag unknown"):
        stop.wait()
