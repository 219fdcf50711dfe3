"""Which ids `mongo-w1-rollback` finds: those of the documents that this very run rolled back."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import bson
import pytest

from cluster_cli.drills.faults import mongo_w1_rollback as fault
from cluster_cli.drills.faults._fault import Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.rescue import RollbackFile

SITE = cast(Site, cast(Any, SimpleNamespace(ctx=None)))
TARGET = Target(("old", "b", "c"), {}, {"social": "exchange-1"})


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[RollbackFile]:
    """The rollback files that the members have; a kill changes none of them."""
    there: list[RollbackFile] = []
    monkeypatch.setattr(fault, "rollback_files", lambda *_: tuple(there))
    monkeypatch.setattr(fault, "ALONE_FOR", 0)
    for name in ("kill", "start"):
        monkeypatch.setattr(fault.actions, name, lambda *_: None)
    return there


def file(folder: Path, member: str, number: int, *documents: dict[str, Any]) -> RollbackFile:
    path = folder / f"{member}-{number}.bson"
    path.write_bytes(b"".join(bson.encode(document) for document in documents))
    os.utime(path, (4e9, 4e9))  # by the wall clock, all of them are younger than any kill
    return RollbackFile(f"{member}/{number}", member, "exchange-1", "exchange.messages", "", 0, path)


def test_only_what_was_rolled_back_since_the_kill_and_by_the_old_primary(
    files: list[RollbackFile], tmp_path: Path
) -> None:
    memo: Memo = {}
    files.append(file(tmp_path, "old", 1, {"_id": "earlier"}))
    fault.inject(SITE, TARGET, memo)
    files.append(file(tmp_path, "old", 2, {"_id": "m1", "message_id": "m1"}))
    files.append(file(tmp_path, "b", 1, {"_id": "others"}))
    assert fault.rollback(SITE, TARGET, memo) == {"m1"}


def test_a_document_does_not_account_for_what_it_refers_to(files: list[RollbackFile], tmp_path: Path) -> None:
    memo: Memo = {}
    fault.inject(SITE, TARGET, memo)
    files.append(file(tmp_path, "old", 1, {"_id": "r1", "review_id": "r1", "session_id": "s1"}))
    assert fault.rollback(SITE, TARGET, memo) == {"r1"}


def test_a_kill_that_never_began_has_rolled_nothing_back(files: list[RollbackFile], tmp_path: Path) -> None:
    files.append(file(tmp_path, "old", 1, {"_id": "earlier"}))
    assert fault.rollback(SITE, TARGET, {}) == frozenset()
