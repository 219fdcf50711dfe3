"""Forms one replica set: initiated, with a primary, configured as wanted, a majority in step."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pymongo
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from app_core.errors import SwapskillError, TimedOutError
from cluster_cli.bootstrap.set_plan import SetSpec, initial_config, next_config
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb.clients import Client, Document, member_client, server_words
from infra.context import Context

FORM_TIMEOUT_S = 120.0
_POLL_S = 0.015
_HELLO_TIMEOUT_S = 1.0
_ALREADY_INITIALIZED = 23
_LOCK_FAILED = 107
_CONFIG_IN_PROGRESS = frozenset({109, 308})

T = TypeVar("T")


class ReplicaSet:
    """One set under formation: a client of each member, as the members' own user."""

    def __init__(self, ctx: Context, spec: SetSpec) -> None:
        self.spec = spec
        self._endpoints = {member: ctx.endpoint(member) for member in spec.members}
        # A long reply time, since under load replSetInitiate takes seconds; a short selection, since a
        # dead member is to be skipped.
        self._clients = {
            member: member_client(ctx, member, serverSelectionTimeoutMS=1000, socketTimeoutMS=30_000)
            for member in spec.members
        }
        self._answered: set[str] = set()
        self._leader = spec.members[0]
        self._end = time.monotonic() + FORM_TIMEOUT_S

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            client.close()

    def initiate(self) -> bool:
        """Initiate the set unless a member knows that it is; True when it was done now."""
        why = "no member answers"
        while True:
            hellos = {member: self._hello(member) for member in self.spec.members}
            if any(hello and "setName" in hello for hello in hellos.values()):
                return False
            silent = [member for member, hello in hellos.items() if hello is None]
            if silent:
                why = f"no answer from {', '.join(silent)}"
            else:
                try:
                    self._first.admin.command("replSetInitiate", initial_config(self.spec))
                    return True
                except (OperationFailure, AutoReconnect) as error:
                    if isinstance(error, OperationFailure) and error.code == _ALREADY_INITIALIZED:
                        return False
                    why = server_words(error)
            self._pause_or_give_up("the set cannot be initiated", why)

    def elect(self, hurry: bool) -> None:
        """Wait for a primary; `hurry`: let the first member stand for election instead of waiting for one."""
        while self.primary() is None:
            if hurry:
                with contextlib.suppress(PyMongoError):  # refused until its votes can be counted
                    self._first.admin.command("replSetStepUp", 1)
            self._pause_or_give_up("the set has no primary", "no member was elected")

    def primary(self) -> Client | None:
        """The client of the member that takes writes; None when no member does."""
        # the last one first: in a calm set one question is enough
        for member in sorted(self.spec.members, key=lambda name: name != self._leader):
            hello = self._hello(member)
            if hello and hello.get("isWritablePrimary"):
                self._leader = member
                return self._clients[member]
        return None

    def on_primary(self, action: Callable[[Client], T]) -> T:
        """Run an idempotent action on the primary; again on the next one when the role moves meanwhile."""
        why = "no member is primary"
        while True:
            client = self.primary()
            if client is not None:
                try:
                    return action(client)
                except AutoReconnect as error:
                    why = server_words(error)
            self._pause_or_give_up("the set has no steady primary", why)

    def configure(self) -> bool:
        """Bring members and settings to what the topology wants, one safe change at a time."""
        changed = False
        while self.on_primary(self._configure_once):
            changed = True
        return changed

    def _configure_once(self, client: Client) -> bool:
        current = client.admin.command("replSetGetConfig")["config"]
        following = next_config(current, self.spec)
        if following is None:
            return False
        try:
            client.admin.command("replSetReconfig", following)
        except OperationFailure as error:
            if error.code not in _CONFIG_IN_PROGRESS:
                raise SwapskillError(
                    "the set refuses its configuration", on=self.spec.name, why=server_words(error)
                ) from None
            self._pause_or_give_up("the set's last change does not end", server_words(error))
        return True

    def majority(self) -> None:
        """Wait until a majority acknowledges a write.

        Each try is a write of its own: a member that has just finished its initial sync takes a source
        only when that one is ahead of it, and waits a second otherwise.
        """
        while self.on_primary(_majority_note) is not None:
            self._pause_or_give_up("no majority", "the members do not acknowledge a write")

    def serving(self) -> bool:
        """Whether every member that the primary reaches holds its role (no initial sync, no recovery)."""
        status = self.on_primary(lambda client: client.admin.command("replSetGetStatus"))
        return all(m["state"] in (1, 2, 7) for m in status["members"] if m["health"] == 1)

    @property
    def _first(self) -> Client:
        return self._clients[self.spec.members[0]]

    def _hello(self, member: str) -> Document | None:
        endpoint = self._endpoints[member]
        try:
            if member not in self._answered:
                # the driver would wait half a second after a refused connection: look at the port first
                socket.create_connection((endpoint.address, endpoint.ports["mongo"]), 1.0).close()
            with pymongo.timeout(_HELLO_TIMEOUT_S):
                hello = self._clients[member].admin.command("hello")
            self._answered.add(member)
            return hello
        except (OSError, PyMongoError):
            return None

    def _pause_or_give_up(self, what: str, why: str) -> None:
        if time.monotonic() > self._end:
            raise TimedOutError(what, on=self.spec.name, why=why, hint="swapctl status")
        time.sleep(_POLL_S)


def _majority_note(client: Client) -> Mapping[str, Any] | None:
    """Write a note to the oplog; the error when it cannot be now, or no majority has it within 50 ms."""
    concern = {"w": "majority", "wtimeout": 50}
    note = {"appendOplogNote": 1, "data": {"swapctl": "majority"}, "writeConcern": concern}
    try:
        return client.admin.command(note).get("writeConcernError")
    except OperationFailure as error:
        if error.code != _LOCK_FAILED:  # a note waits a millisecond for the server's global lock, no longer
            raise
        return error.details or {"code": error.code}


@contextlib.contextmanager
def opened(ctx: Context, spec: SetSpec) -> Iterator[ReplicaSet]:
    """A set with its clients, closed at the end."""
    replica_set = ReplicaSet(ctx, spec)
    try:
        yield replica_set
    finally:
        replica_set.close()


def form(replica_set: ReplicaSet, log: StepLog) -> None:
    """Bring one set to what the topology wants. Raises TimedOutError naming what is missing."""
    name = replica_set.spec.name
    with log.step(f"{name}: initiated") as step:
        step.changed = replica_set.initiate()
    with log.step(f"{name}: primary elected"):
        replica_set.elect(hurry=step.changed)
    with log.step(f"{name}: configured") as step:
        step.changed = replica_set.configure()
    with log.step(f"{name}: majority writes"):
        replica_set.majority()
