"""One message of writes to one shard: sent once, and its answer judged."""

from __future__ import annotations

from dataclasses import dataclass

from infra.router.bsonraw import Document
from infra.router.core import Router
from infra.router.errors import (
    NOT_PRIMARY,
    RETRYABLE,
    RETRYABLE_LABEL,
    STALE,
    CommandError,
    MemberLost,
    host_unreachable,
)
from infra.router.reply import Reply, public
from infra.router.request import Answer, Request
from infra.router.selection import PRIMARY
from infra.router.wcos import WOULD_CHANGE_SHARD


@dataclass
class Outcome:
    """One shard's answer to one message of writes, or why it must be sent again."""

    reply: Reply | None = None
    stale: bool = False
    again: CommandError | None = None
    special: bool = False
    """Holds an error 283: the document must move to another shard."""


async def send_write(
    router: Router, request: Request, shard: str, body: bytes, sequences: list[tuple[bytes, bytes]] | None
) -> Outcome:
    """Send one message of writes once and judge the answer.

    A lost connection of a write that is not retryable is the client's error: it may have happened.
    """
    members = await router.catalog.shard(shard)
    member = await members.select(PRIMARY, request.deadline)
    try:
        reply = await router.send(request, member, body, sequences)
    except MemberLost as error:
        lost = host_unreachable(error, *([RETRYABLE_LABEL] if request.retryable_write else []))
        if not request.retryable_write:
            raise lost from error
        return Outcome(again=lost)
    outcome = judge(reply, request)
    if outcome.again is not None and outcome.again.code in NOT_PRIMARY:
        member.not_primary()
        await members.wait_change(0.05)
    return outcome


def judge(reply: Reply, request: Request) -> Outcome:
    """What to do with a shard's answer to writes. Pure."""
    if reply.ok and not reply.has_errors:
        return Outcome(reply)
    document = reply.document
    if not reply.ok:
        if reply.code in STALE:
            return Outcome(reply, stale=True)
        if reply.code in RETRYABLE and request.retryable_write:
            return Outcome(reply, again=CommandError.from_reply(document))
        return Outcome(reply, special=reply.code == WOULD_CHANGE_SHARD)
    errors = document.get("writeErrors", [])
    if any(error.get("code") in STALE for error in errors):
        return Outcome(reply, stale=True)
    concern: Document = document.get("writeConcernError") or {}
    if concern.get("code") in NOT_PRIMARY and request.retryable_write:
        return Outcome(reply, again=CommandError(concern["code"], concern.get("errmsg", "")))
    return Outcome(reply, special=any(error.get("code") == WOULD_CHANGE_SHARD for error in errors))


def finish(request: Request, reply: Reply | None) -> Answer:
    """A single shard's answer as the client's."""
    assert reply is not None
    if not reply.ok:
        raise labelled(request, CommandError.from_reply(public(reply.document)))
    return reply


def labelled(request: Request, error: CommandError) -> CommandError:
    """Add RetryableWriteError where a mongos adds it."""
    retryable = request.retryable_write and error.code in RETRYABLE
    if retryable and RETRYABLE_LABEL not in error.labels:
        error.labels.append(RETRYABLE_LABEL)
    return error
