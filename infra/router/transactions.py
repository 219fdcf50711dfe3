"""Multi-document transactions: participants, the two-phase commit by the servers, recovery tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bson import Timestamp

from infra.router.bsonraw import Document, encode, is_document
from infra.router.core import Router, ShardReply, together
from infra.router.errors import RETRYABLE, RETRYABLE_LABEL, TRANSIENT_LABEL, CommandError
from infra.router.reads import read_concern, snapshot_time
from infra.router.reply import Reply, public
from infra.router.request import API_FIELDS, Request

_FORGET_SECONDS = 3600.0
OWNED = tuple(
    name.encode()
    for name in (
        "lsid",
        "$clusterTime",
        "txnNumber",
        "autocommit",
        "startTransaction",
        "readConcern",
        *API_FIELDS,
    )
)
"""Fields of a statement that the transaction sets itself."""


@dataclass
class Transaction:
    """One transaction of one driver session, as this router drives it."""

    session: Document
    number: int
    concern: Document
    api: Document
    participants: dict[str, bool] = field(default_factory=dict[str, bool])
    """Shard -> has written something."""
    recovery_shard: str | None = None
    at_cluster_time: Timestamp | None = None
    state: str = "open"
    used: float = field(default_factory=time.monotonic)

    @property
    def identity(self) -> Document:
        """The fields that make a command part of this transaction."""
        return {"lsid": self.session, "txnNumber": self.number, "autocommit": False}

    @property
    def recovery_token(self) -> Document:
        """What another router needs to find out the outcome."""
        return {"recoveryShardId": self.recovery_shard} if self.recovery_shard else {}

    def join(self, shard: str) -> Document:
        """The fields of the next statement on a shard; a new shard becomes a participant."""
        if shard in self.participants:
            return self.identity
        fields = {**self.identity, "startTransaction": True}
        if not self.participants:
            fields["coordinator"] = True
        concern = dict(self.concern)
        if self.at_cluster_time is not None:
            concern.pop("afterClusterTime", None)
            concern["atClusterTime"] = self.at_cluster_time
        if concern:
            fields["readConcern"] = concern
        self.participants[shard] = False
        return fields

    def note(self, shard: str, reply: Reply) -> None:
        """Learn from a reply whether the shard has written."""
        if reply.read_only is False and shard in self.participants:
            self.participants[shard] = True
            self.recovery_shard = self.recovery_shard or shard

    async def send(
        self,
        router: Router,
        request: Request,
        shard: str,
        make_body: Callable[[Document], bytes],
        sequences: list[tuple[bytes, bytes]] | None = None,
    ) -> ShardReply:
        """One statement to one shard; a failed reply is raised."""
        body = make_body({**self.join(shard), **self.api})
        answer = await router.on_shard(request, shard, body, sequences)
        self.note(shard, answer.reply)
        if not answer.reply.ok:
            raise CommandError.from_reply(public(answer.reply.document))
        return answer

    async def leave(self, router: Router, request: Request, shards: list[str]) -> None:
        """Abort on some participants and forget them; errors do not matter, the servers time out."""

        async def one(shard: str) -> None:
            document = {"abortTransaction": 1, **self.identity, **self.api, "$db": "admin"}
            try:
                await router.on_shard(request, shard, router.compose(document), again=True)
            except CommandError:
                return

        await together(one(shard) for shard in shards)
        for shard in shards:
            self.participants.pop(shard, None)


class Transactions:
    """The latest transaction of every driver session."""

    def __init__(self) -> None:
        self._latest: dict[bytes, Transaction] = {}

    def __len__(self) -> int:
        return sum(1 for transaction in self._latest.values() if transaction.state == "open")

    def of(self, request: Request) -> Transaction | None:
        """The transaction that the request names; CommandError when a newer one was started."""
        found = self._latest.get(_key(request))
        if found is None:
            return None
        number = request.command["txnNumber"]
        if number < found.number:
            raise CommandError(
                225,
                f"Cannot start transaction {number} on session because a newer transaction {found.number} "
                f"has already started",
                labels=(TRANSIENT_LABEL,),
            )
        found.used = time.monotonic()
        return found if number == found.number else None

    def begin(self, router: Router, request: Request) -> Transaction:
        """Start a transaction; CommandError 117 when this number was started before."""
        if self.of(request) is not None:
            raise CommandError(
                117, "Only an existing transaction can be continued; this one was started before"
            )
        assert request.session is not None
        concern = read_concern(router, request, several=False).get("readConcern", {})
        if concern.get("level", "local") not in ("local", "majority", "snapshot"):
            raise CommandError(
                72,
                "The readConcern level must be either 'local' (default), 'majority' or 'snapshot' in "
                "order to run in a transaction",
            )
        transaction = Transaction(
            request.session, request.command["txnNumber"], dict(concern),
            {key: request.command[key] for key in API_FIELDS if key in request.command},
        )  # fmt: skip
        if concern.get("level") == "snapshot":
            transaction.at_cluster_time = concern.get("atClusterTime") or snapshot_time(router, concern)
        self._forget_old()
        self._latest[_key(request)] = transaction
        return transaction

    def current(self, request: Request) -> Transaction:
        """The open transaction of a statement; CommandError 251 when there is none."""
        found = self.of(request)
        if found is None or found.state == "aborted":
            number = request.command["txnNumber"]
            raise CommandError(
                251,
                f"Given transaction number {number} does not match any in-progress transactions",
                labels=(TRANSIENT_LABEL,),
            )
        if found.state != "open":
            raise CommandError(256, f"Transaction {found.number} has been committed or is being committed")
        return found

    def drop_session(self, session: Document) -> Transaction | None:
        """Forget the transaction of a killed driver session."""
        return self._latest.pop(encode(session), None)

    def _forget_old(self) -> None:
        if len(self._latest) % 1000 == 999:
            limit = time.monotonic() - _FORGET_SECONDS
            self._latest = {k: t for k, t in self._latest.items() if t.used > limit}


def _key(request: Request) -> bytes:
    if request.session is None:
        raise CommandError(72, "A transaction needs a driver session (lsid)")
    return encode(request.session)


async def commit(router: Router, request: Request) -> Document:
    """commitTransaction: by the way that fits the participants; repeatable."""
    transaction = router.transactions.of(request)
    if transaction is None:
        return await _recover(router, request)
    if transaction.state == "aborted":
        raise CommandError(
            251, f"Transaction {transaction.number} has been aborted", labels=(TRANSIENT_LABEL,)
        )
    transaction.state = "committing"
    await _kill_cursors(router, transaction)
    writers = [shard for shard, wrote in transaction.participants.items() if wrote]
    readers = [shard for shard, wrote in transaction.participants.items() if not wrote]
    if len(transaction.participants) > 1 and len(writers) > 1:
        reply = await _coordinate(router, request, transaction)
    else:
        reply = await _commit_each(router, request, transaction, [*readers, *writers])
    return {**reply, "recoveryToken": transaction.recovery_token}


async def _commit_each(
    router: Router, request: Request, transaction: Transaction, shards: list[str]
) -> Document:
    """At most one shard has written: readers first, then the writer decides."""
    reply: Document = {"ok": 1.0}
    for shard in shards:
        document = {"commitTransaction": 1, **transaction.identity, **transaction.api}
        reply = await _finishing(router, request, shard, document)
        if not reply.get("ok") or reply.get("writeConcernError"):
            break
    return reply


async def _coordinate(router: Router, request: Request, transaction: Transaction) -> Document:
    coordinator = next(iter(transaction.participants))
    participants = [{"shardId": shard} for shard in transaction.participants]
    document: Document = {
        "coordinateCommitTransaction": 1,
        "participants": participants,
        **transaction.identity,
    }
    return await _finishing(router, request, coordinator, document)


async def _recover(router: Router, request: Request) -> Document:
    """This router does not know the transaction: the recovery token names a shard that does."""
    token = request.command.get("recoveryToken")
    if not is_document(token) or not token.get("recoveryShardId"):
        raise CommandError(
            251,
            "the transaction is not known to this router and the recovery token names no shard",
            labels=(TRANSIENT_LABEL,),
        )  # fmt: skip
    identity = {"lsid": request.session, "txnNumber": request.command["txnNumber"], "autocommit": False}
    document: Document = {"coordinateCommitTransaction": 1, "participants": [], **identity}
    reply = await _finishing(router, request, token["recoveryShardId"], document)
    return {**reply, "recoveryToken": token}


async def _finishing(router: Router, request: Request, shard: str, document: Document) -> Document:
    """Send a commit until some primary of the shard answers it: it is idempotent."""
    body = router.compose({**document, **router.write_concern(request), "$db": "admin"})
    answer = await router.on_shard(request, shard, body, again=True)
    reply = public(answer.reply.document)
    if not reply.get("ok"):
        error = CommandError.from_reply(reply)
        if error.code in RETRYABLE and RETRYABLE_LABEL not in error.labels:
            error.labels.append(RETRYABLE_LABEL)
        raise error
    return reply


async def abort(router: Router, request: Request) -> Document:
    """abortTransaction: on every participant."""
    transaction = router.transactions.of(request)
    if transaction is None:
        raise CommandError(251, "no known transaction for the session", labels=(TRANSIENT_LABEL,))
    if transaction.state == "aborted":
        raise CommandError(
            251, f"Transaction {transaction.number} has been aborted", labels=(TRANSIENT_LABEL,)
        )
    if transaction.state != "open":
        raise CommandError(256, f"Transaction {transaction.number} has been committed")
    token = transaction.recovery_token
    await give_up(router, request, transaction)
    return {"ok": 1.0, "recoveryToken": token}


async def give_up(router: Router, request: Request, transaction: Transaction) -> None:
    """Abort after an error or on the client's wish."""
    transaction.state = "aborted"
    await _kill_cursors(router, transaction)
    await transaction.leave(router, request, list(transaction.participants))


async def _kill_cursors(router: Router, transaction: Transaction) -> None:
    await router.cursors.kill_where(
        lambda c: c.transaction == transaction.number and c.session == transaction.session
    )
