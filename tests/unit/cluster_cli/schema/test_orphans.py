"""The scan for orphans: a pure comparison over readers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app_core.schema import registry
from cluster_cli.schema.orphans import missing, scan, total
from cluster_cli.schema.references import Link, Outlived, Place, links, outlived, values_at

MESSAGES = Place("social", "exchange", "messages", "session_id", ("_id",))
SESSIONS = Place("social", "exchange", "sessions", "session_id")
PAYER = Place("payments", "payments", "account", "user_id", ("id",))
USERS = Place("social", "members", "users", "user_id")
TALK = Link(MESSAGES, SESSIONS)
MONEY = Link(PAYER, USERS)


@dataclass
class Memory:
    """A database of rows in memory. late: rows that vanish, and targets that appear, after the first look."""

    rows: dict = field(default_factory=dict)
    targets: dict = field(default_factory=dict)
    gone: set = field(default_factory=set)
    late: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    ages: dict = field(default_factory=dict)

    def batches(self, place, size):
        rows = self.rows.get(place, [])
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def present(self, place, values):
        self.asked.append(len(values))
        found = {v for v in values if v in self.targets.get(place, set())}
        self.targets.setdefault(place, set()).update(self.late.get(place, ()))
        return found

    def still(self, place, rows):
        return [row for row in rows if row not in self.gone]

    def older(self, place, rows, field, before):
        assert field == "created_at"
        return [row for row in rows if self.ages[row[0]] < before]


def one(link=TALK, **pieces):
    memory = Memory(**pieces)
    (result,) = scan([link], {"social": memory, "payments": memory}, batch=2)
    return result, memory


def test_no_orphan_where_every_value_is_there():
    result, _ = one(rows={MESSAGES: [(1, "s"), (2, "s")]}, targets={SESSIONS: {"s"}})
    assert (result.scanned, result.orphans, result.examples) == (2, 0, ())


def test_an_orphan_is_counted_and_shown():
    result, _ = one(rows={MESSAGES: [(1, "s"), (2, "x"), (3, "y")]}, targets={SESSIONS: {"s"}})
    assert (result.scanned, result.orphans) == (3, 2)
    assert result.examples == ("2 -> x", "3 -> y")
    assert result.values == {"x": 1, "y": 1}


def test_across_the_databases():
    rows, targets = Memory(rows={PAYER: [(1, "u")]}), Memory(targets={USERS: set()})
    (result,) = scan([MONEY], {"payments": rows, "social": targets})
    assert result.orphans == 1
    assert result.reference == "payments.account.user_id -> members.users.user_id"


def test_what_was_written_or_deleted_during_the_scan_is_no_orphan():
    written, _ = one(rows={MESSAGES: [(1, "s")]}, late={SESSIONS: {"s"}})
    assert written.orphans == 0
    deleted, _ = one(rows={MESSAGES: [(1, "s")]}, gone={(1, "s")})
    assert deleted.orphans == 0


def test_lookups_are_batched_and_each_value_is_asked_once():
    _, memory = one(rows={MESSAGES: [(n, "s") for n in range(5)]}, targets={SESSIONS: {"s"}})
    assert memory.asked == [1, 1, 1]


def test_progress_names_each_reference():
    said = []
    scan([TALK, MONEY], {"social": Memory(), "payments": Memory()}, said.append)
    assert said[0].startswith("1/2 exchange.messages.session_id")
    assert len(said) == 2


ERASED = Place("social", "members", "erased_members", "user_id")
TOLD = replace(MONEY, outlived=Outlived("books are kept", witness=ERASED))
AGED = replace(TALK, outlived=Outlived("it may", "created_at", 365))
AT_WILL = replace(TALK, outlived=Outlived("its owner may delete it"))


def aged(days):
    ages = {1: datetime.now(UTC) - timedelta(days=days)}
    return one(AGED, rows={MESSAGES: [(1, "x")]}, ages=ages)[0]


def test_a_row_older_than_its_targets_retention_has_outlived_it_and_is_no_orphan():
    found = aged(days=366)
    assert (found.orphans, found.outlived, found.reason, found.examples) == (0, 1, "it may", ())


def test_a_row_whose_target_cannot_have_been_pruned_yet_is_an_orphan():
    found = aged(days=364)
    assert (found.orphans, found.outlived, found.reason) == (1, 0, "")


def test_of_the_members_that_are_gone_only_the_erased_ones_are_no_orphans():
    found, _ = one(TOLD, rows={PAYER: [(1, "erased"), (2, "lost")]}, targets={ERASED: {"erased"}})
    assert (found.orphans, found.outlived, found.examples) == (1, 1, ("2 -> lost",))


def test_what_its_owner_may_delete_at_any_time_is_no_orphan():
    found, _ = one(AT_WILL, rows={MESSAGES: [(1, "x")]})
    assert (found.orphans, found.outlived) == (0, 1)


def test_it_says_how_many_have_outlived_and_why():
    said, memory = [], Memory(rows={MESSAGES: [(1, "x")]})
    scan([AT_WILL], {"social": memory}, said.append)
    assert said[-1] == "outlived: 1 (its owner may delete it)"


def test_only_what_an_erasure_keeps_may_outlive_its_member():
    documents = {c.name: c for c in registry.collections()}
    to_member = documents["reviews"].fields[2].references[0]
    for entry in (*registry.collections(), *registry.tables()):
        found = outlived(to_member, documents, entry)
        assert (found is not None) == (entry.erasure.action != "delete"), entry.name
        assert found is None or found.witness == ERASED
    del documents["erased_members"]
    assert outlived(to_member, documents, registry.collection("reviews")) is None


def test_the_age_is_the_targets_retention_less_how_late_the_reference_comes():
    found = {str(link): link.outlived for link in links(registry.collections(), registry.tables())}
    review = found["exchange.reviews.session_id -> exchange.sessions.session_id"]
    assert (review.since, review.days, review.witness) == ("created_at", 730 - 90, None)
    media = "exchange.reports.target_id -> members.media.media_id where target_type = MEDIA"
    assert (found[media].days, found[media].witness) == (None, None)
    assert found["exchange.messages.session_id -> exchange.sessions.session_id"] is None


def test_pieces():
    assert missing([(1, "a"), (2, "b")], {"a"}) == [(2, "b")]
    assert values_at({"a": {"b": [1, 2]}}, "a.b") == [1, 2]
    assert values_at({"a": [{"b": 1}, {"b": 2}, 3]}, "a.b") == [1, 2]
    assert values_at({}, "a") == []
    assert total([]) == 0
    assert str(Link(replace(MESSAGES, when=("type", "X")), SESSIONS)).endswith("where type = X")


def test_every_declared_reference_is_scanned():
    found = links(registry.collections(), registry.tables())
    assert {str(link) for link in found} >= {
        "exchange.messages.session_id -> exchange.sessions.session_id",
        "members.entitlements.subscription_id -> payments.subscription.id",
        "payments.account.user_id -> members.users.user_id",
        "members.users.email -> members.user_emails.email that is CONFIRMED",
        "members.users.user_id -> members.user_emails.user_id that is CONFIRMED",
    }
    declared = sum(len(f.references) for c in registry.collections() for f in c.fields)
    assert len(found) >= declared
    assert all(link.source.key for link in found)


def test_a_claim_refers_to_its_account_once_it_is_confirmed():
    """A pending one is a writer's that is at work, or died: the next one takes it over."""
    found = {str(link) for link in links(registry.collections(), registry.tables())}
    reference = "members.user_emails.user_id -> members.users.user_id"
    assert f"{reference} where state = CONFIRMED" in found
    assert reference not in found


def test_targets_without_an_index_of_their_own_are_the_known_ones():
    """Their lookups read the whole collection: few at a time would be as many scans."""
    found = links(registry.collections(), registry.tables())
    assert {f"{link.target.name}.{link.target.field}" for link in found if not link.indexed} == {
        "group_posts.post_id",
        "media.media_id",
        "messages.message_id",
        "reviews.review_id",
    }


def test_where_a_lookup_reads_the_whole_target_more_is_looked_up_at_once():
    _, memory = one(Link(MESSAGES, SESSIONS, indexed=False), rows={MESSAGES: [(n, n) for n in range(5)]})
    assert memory.asked == [5, 5]
