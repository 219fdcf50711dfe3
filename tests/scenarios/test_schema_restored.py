"""`swapctl schema orphans` as the check of a restore: two databases that do not match are found."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app_core.schema import registry
from bench.samples import Samples
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.postgresql.connect import connect
from infra.context import load_context
from infra.sandbox.home import paths
from tests.scenarios.command import forget, swapctl

pytestmark = [pytest.mark.cluster, pytest.mark.full]
SOCIAL = ("members-1-a", "exchange-1-a", "config-a")


@pytest.fixture
def name() -> Iterator[str]:
    chosen = f"restore-{secrets.token_hex(3)}"
    yield chosen
    forget(chosen)


def start(name: str) -> None:
    done = swapctl("up", "--topology", "minimal", "--name", name)
    assert done.returncode == 0, done.stderr


def cold_copy(name: str, target: Path) -> None:
    """Stop the cluster and copy the data of the social domain."""
    assert swapctl("down", "--name", name).returncode == 0
    for member in SOCIAL:
        # as root the members' files belong to another user
        subprocess.run(["cp", "-a", paths(name).member(member), target / member], check=True)


def restore(name: str, source: Path) -> None:
    """Put a copy of the social domain in place of its data; the cluster is stopped."""
    for member in SOCIAL:
        shutil.rmtree(paths(name).member(member))
        subprocess.run(["cp", "-a", source / member, paths(name).member(member)], check=True)


def account_of_a_new_member(name: str) -> uuid.UUID:
    """Write a member to the social domain and the member's account to the payments; the account's key."""
    ctx, account = load_context(name), uuid.uuid4()
    user: dict[str, Any] = Samples(seed=21).document(registry.collection("users"), 1)
    with mongo_client(ctx, "root") as client:
        client["members"]["users"].insert_one(user)
    with connect(ctx, via="proxy", autocommit=True) as payments:
        payments.execute(
            "INSERT INTO account (id, user_id, currency) VALUES (%s, %s, 'EUR')", (account, user["user_id"])
        )
    return account


def orphans(name: str) -> tuple[int, list[str]]:
    """Exit code and examples of the accounts that belong to nobody."""
    done = swapctl("schema", "orphans", "--reference", "account.user_id", "--context", name, "-o", "json")
    (found,) = json.loads(done.stdout)
    return done.returncode, found["examples"]


def test_a_restore_of_one_database_that_is_older_than_the_other_is_found(name: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    start(name)
    cold_copy(name, before)
    start(name)
    account = account_of_a_new_member(name)
    assert orphans(name) == (0, [])
    cold_copy(name, after)
    restore(name, before)
    start(name)
    code, examples = orphans(name)
    assert code == 3
    assert len(examples) == 1 and examples[0].startswith(f"{account} -> ")
    assert swapctl("down", "--name", name).returncode == 0
    restore(name, after)
    start(name)
    assert orphans(name) == (0, [])
