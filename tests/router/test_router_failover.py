"""Members die, freeze and come back: nothing acknowledged is lost, the other shard does not notice."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from typing import Any

import pytest
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from tests.router.realcluster import Client, RealCluster

pytestmark = pytest.mark.full


class Writer(threading.Thread):
    """Inserts and counts up one document of a shard until told to stop; remembers what was acknowledged."""

    def __init__(self, collection: Any, k: int) -> None:
        super().__init__()
        self.collection = collection.with_options(write_concern=WriteConcern("majority"))
        self.k, self.acked, self.failed, self.counted, self.worst = k, [], [], 0, 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        """One insert and one increment a round."""
        number = 0
        while not self.ended.is_set():
            number += 1
            start = time.monotonic()
            try:
                self.collection.insert_one({"_id": f"{self.k}-{number}", "k": self.k * number})
                self.acked.append(f"{self.k}-{number}")
                self.collection.update_one(
                    {"k": 0 if self.k > 0 else -(10**9)}, {"$inc": {"n": 1}}, upsert=True
                )
                self.counted += 1
            except PyMongoError as error:
                self.failed.append(repr(error))
            self.worst = max(self.worst, time.monotonic() - start)


def drive(client: Client, name: str, fault: Any, seconds: float) -> tuple[Writer, Writer]:
    """Write to both shards, run the fault in the middle, stop, and return the writers (a: shard sa)."""
    namespace = f"fail.{name}"
    client.admin.command("enableSharding", "fail", primaryShard="sa")
    client.admin.command("shardCollection", namespace, key={"k": 1})
    client.admin.command("split", namespace, middle={"k": 0})
    client.admin.command("moveChunk", namespace, find={"k": 1}, to="sb", _waitForDelete=True)
    writers = Writer(client.fail[name], -1), Writer(client.fail[name], 1)
    for writer in writers:
        writer.start()
    time.sleep(0.9)
    with contextlib.suppress(TimeoutError):
        fault()
    writers[0].ended.wait(seconds)
    for writer in writers:
        writer.ended.set()
        writer.join()
    return writers


def check(client: Client, name: str, writers: tuple[Writer, Writer]) -> None:
    """Every acknowledged insert is there, every acknowledged increment counted once."""
    found = {document["_id"] for document in client.fail[name].find({}, {"_id": 1})}
    for writer in writers:
        assert not set(writer.acked) - found
        assert not writer.failed, writer.failed[:3]
        key = 0 if writer.k > 0 else -(10**9)
        assert client.fail[name].find_one({"k": key})["n"] == writer.counted  # type: ignore[index]


def test_killed_primary(replicated: RealCluster) -> None:
    with replicated.client() as client:
        member = replicated.primary("sa")
        try:
            writers = drive(client, "killed", lambda: member.signal(signal.SIGKILL), 6)
            check(client, "killed", writers)
        finally:
            replicated.start_member(member)


def test_frozen_primary(replicated: RealCluster) -> None:
    with replicated.client() as client:
        member = replicated.primary("sa")
        try:
            writers = drive(client, "frozen", lambda: member.signal(signal.SIGSTOP), 22)
        finally:
            member.signal(signal.SIGCONT)
        check(client, "frozen", writers)


def test_killed_router(replicated: RealCluster) -> None:
    with replicated.client() as client:

        def kill() -> None:
            replicated.router_processes[0].kill()
            replicated.router_processes[0].wait()

        writers = drive(client, "router", kill, 3)
        replicated.start_router(0)
        check(client, "router", writers)


def test_whole_shard_away(replicated: RealCluster) -> None:
    with replicated.client() as client:
        members = replicated.sets["sa"]

        def kill_all() -> None:
            for member in members:
                member.signal(signal.SIGKILL)

        client.fail.drop_collection("whole")
        writers = drive(client, "whole", kill_all, 5)
        for member in members:
            replicated.start_member(member)
        replicated.primary("sa")
        assert not writers[1].failed
        assert len(writers[1].acked) > 100


def test_config_servers_away(replicated: RealCluster) -> None:
    with replicated.client(router=1) as client:
        members = replicated.sets["cfg"]

        def kill_all() -> None:
            for member in members:
                member.signal(signal.SIGKILL)

        writers = drive(client, "config", kill_all, 8)
        for member in members:
            replicated.start_member(member)
        replicated.primary("cfg")
        check(client, "config", writers)
