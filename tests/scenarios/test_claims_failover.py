"""Claims while the primary that holds them is killed: still one winner an address, and nobody is stuck."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest
from pymongo.errors import PyMongoError

from app_core.errors import RefusedError, UnknownResultError
from app_core.schema.claiming import write_claimed
from app_core.schema.handles import handle
from bench.samples import Samples
from cluster_cli.engines.mongodb import await_rejoined, mongo_client, primary
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Kill

pytestmark = pytest.mark.cluster
SHARD, RACERS, ADDRESSES = "members-1", 8, 40


def test_each_address_has_one_winner_although_the_primary_dies(sandbox: Context) -> None:
    emails = [f"{uuid.uuid4().hex}@example.org" for _ in range(ADDRESSES)]
    won: Counter[str] = Counter()
    half, tally = threading.Event(), threading.Lock()
    with mongo_client(sandbox, "app", maxPoolSize=RACERS) as client:
        claims, users = handle(client, "user_emails"), handle(client, "users")

        def race() -> None:
            for number, email in enumerate(emails):
                user = uuid.uuid4()
                document = {
                    **Samples().document(users.entry, 1),
                    "_id": user,
                    "user_id": user,
                    "email": email,
                }
                if number == ADDRESSES // 4:
                    half.set()
                while True:  # an unknown result: the same document again, as a client would
                    try:
                        write_claimed(claims, users, document, datetime.now(UTC))
                        with tally:
                            won[email] += 1
                    except RefusedError:
                        pass
                    except (PyMongoError, UnknownResultError):
                        continue
                    break

        racers = [threading.Thread(target=race, daemon=True) for _ in range(RACERS)]
        for racer in racers:
            racer.start()
        assert half.wait(60)
        old = primary(sandbox, SHARD)
        assert old is not None
        assert isinstance(sandbox.platform, Kill)
        sandbox.platform.kill(old)
        try:
            assert wait_until(lambda: primary(sandbox, SHARD) not in (None, old), 60)
            for racer in racers:
                racer.join(120)
        finally:
            sandbox.platform.start(old)
        await_rejoined(sandbox, SHARD, old)
        assert won == dict.fromkeys(emails, 1)
        assert users.count_documents({"email": {"$in": emails}}) == ADDRESSES
        confirmed = {
            c["email"]: c["user_id"] for c in claims.find({"email": {"$in": emails}, "state": "CONFIRMED"})
        }
        holders = {u["email"]: u["user_id"] for u in users.find({"email": {"$in": emails}})}
        assert confirmed == holders
