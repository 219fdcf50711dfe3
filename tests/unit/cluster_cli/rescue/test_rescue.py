"""Rollback files, the comparison with what is there now, and the plan of a replay."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import bson
import pytest

from app_core.errors import UsageError
from cluster_cli.rescue.compare import State, judge
from cluster_cli.rescue.files import CODEC, RollbackFile, RolledBack, file_time, read_documents
from cluster_cli.rescue.replay import plan
from cluster_cli.rescue.report import absent_summary, chosen, readable

ID = UUID("6e65b43f-65f0-4bd9-b5f9-0a7f5c04aa01")
MESSAGE = {"_id": ID, "text": "hello", "created_at": datetime(2026, 1, 2, tzinfo=UTC)}


def rollback_file(path=Path("none"), name="exchange-1-a/31138d74/2026-01-02T03-04-05.0"):
    return RollbackFile(name, "exchange-1-a", "exchange-1", "exchange.messages", "2026", 1, path)


def written(path, *documents, tail=b""):
    path.write_bytes(b"".join(bson.encode(d, codec_options=CODEC) for d in documents) + tail)
    return rollback_file(path)


def test_a_file_is_read_document_by_document(tmp_path):
    found = list(read_documents(written(tmp_path / "removed.x.bson", MESSAGE, {"_id": 2})))
    assert [r.document["_id"] for r in found] == [ID, 2]
    assert found[0].document == MESSAGE


def test_a_document_cut_short_ends_the_file(tmp_path):
    tail = bson.encode({"_id": 3, "text": "never whole"})[:-4]
    found = list(read_documents(written(tmp_path / "removed.x.bson", MESSAGE, tail=tail)))
    assert [r.document["_id"] for r in found] == [ID]


def test_an_empty_file_holds_nothing(tmp_path):
    assert list(read_documents(written(tmp_path / "removed.x.bson"))) == []


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("removed.2026-11-23T21-57-42.0.bson", "2026-11-23T21:57:42Z"),
        ("removed.strange.0.bson", "strange"),
    ],
)
def test_the_time_comes_from_the_name(name, time):
    assert file_time(name) == time


@pytest.mark.parametrize(
    ("present", "state"),
    [
        ({}, State.ABSENT),
        ({ID: MESSAGE}, State.SAME),
        ({ID: {**MESSAGE, "text": "other"}}, State.DIFFERENT),
        (None, State.UNKNOWN),
    ],
)
def test_a_document_is_judged_by_what_has_its_id_now(present, state):
    (found,) = judge([RolledBack(rollback_file(), MESSAGE)], present)
    assert found.state is state
    assert (found.now is None) == (state in (State.ABSENT, State.UNKNOWN))


def test_an_id_that_is_a_document_is_compared_too():
    document = {"_id": {"a": 1}, "x": 1}
    (found,) = judge([RolledBack(rollback_file(), document)], {repr({"a": 1}): document})
    assert found.state is State.SAME


def test_only_absent_documents_are_replayed():
    documents = [RolledBack(rollback_file(), {"_id": n}) for n in range(4)]
    compared = list(judge(documents, {1: {"_id": 1}, 2: {"_id": 2, "x": 1}}))
    absent, counts = plan(compared)
    assert [c.rolled_back.document["_id"] for c in absent] == [0, 3]
    assert counts == {State.ABSENT: 2, State.SAME: 1, State.DIFFERENT: 1, State.UNKNOWN: 0}
    assert [(a.namespace, a.documents) for a in absent_summary(compared)] == [("exchange.messages", 2)]


def test_files_are_chosen_by_the_beginning_of_their_id():
    files = [rollback_file(name="exchange-1-a/1/x"), rollback_file(name="exchange-1-b/1/x")]
    assert chosen(files, None) == tuple(files)
    assert chosen(files, "exchange-1-b") == (files[1],)
    with pytest.raises(UsageError, match="did you mean 'exchange-1-a/1/x'"):
        chosen(files, "exchange-1-a/1/y")


def test_documents_are_printed_with_ids_that_a_person_can_compare():
    shown = readable({"_id": ID, "ids": [ID], "at": MESSAGE["created_at"]})
    assert shown == {
        "_id": {"$uuid": str(ID)},
        "ids": [{"$uuid": str(ID)}],
        "at": {"$date": "2026-01-02T00:00:00Z"},
    }
