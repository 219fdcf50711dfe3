"""Clients' logins, as on a mongos: SCRAM here, with the credentials that the config servers keep."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
from dataclasses import dataclass
from typing import Any

from bson import Binary

from infra.router import scram
from infra.router.accounts import Account
from infra.router.bsonraw import Document, is_document
from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.request import Answer, ClientState, Request, UserName

_PATIENCE_SECONDS = 2.0
_PROTOCOL_ERROR, _NOT_YET, _UNSUPPORTED = 17, 94, 334


@dataclass
class Conversation:
    """One login in progress."""

    name: UserName
    exchange: scram.Exchange
    skip_empty: bool
    proven: bool = False


async def sasl_start(router: Router, request: Request) -> Answer:
    """saslStart."""
    return await _start(router, request.client, request.command, request.database)


async def _start(router: Router, client: ClientState, document: Document, database: str) -> Document:
    client.conversation = None
    mechanism = document.get("mechanism")
    if mechanism not in scram.HASHES:
        raise CommandError(
            _UNSUPPORTED,
            f"Received authentication for mechanism {mechanism} which is not enabled",
        )
    first = scram.client_first(_payload(document))
    name = UserName(first.user, database)
    account = await _known(router, name)
    if account is None or mechanism not in account.credentials or not _may_come_from(account, client):
        raise scram.failed()
    exchange = scram.Exchange(mechanism, first, account.credentials[mechanism])
    options = document.get("options")
    skip = is_document(options) and bool(options.get("skipEmptyExchange"))
    client.conversation = Conversation(name, exchange, skip)
    return _reply(exchange.server_first.encode(), done=False)


def _payload(document: Document) -> bytes:
    value = document.get("payload")
    if isinstance(value, bytes):
        return bytes(value)
    try:
        return base64.b64decode(value or "", validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise CommandError(14, "BSON field 'payload' is the wrong type, expected type 'binData'") from error


def _reply(payload: bytes, *, done: bool) -> Document:
    return {"conversationId": 1, "done": done, "payload": Binary(payload), "ok": 1.0}


async def _known(router: Router, name: UserName) -> Account | None:
    """The user as cached or as the config servers know him; CommandError 94 when nobody can be asked."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_SECONDS
    while True:
        try:
            return await asyncio.wait_for(router.users.named(name), max(0.05, end - loop.time()))
        except (CommandError, TimeoutError) as error:
            if loop.time() >= end:
                raise CommandError(_NOT_YET, "the config servers cannot be asked for the user") from error
        await asyncio.sleep(0.05)


async def sasl_continue(router: Router, request: Request) -> Answer:
    """saslContinue."""
    client, document = request.client, request.command
    conversation: Conversation | None = client.conversation
    if conversation is None:
        raise CommandError(_PROTOCOL_ERROR, "No SASL session state found")
    client.conversation = None
    if document.get("conversationId") != 1:
        raise CommandError(_PROTOCOL_ERROR, "sasl: Mismatched conversation id")
    payload = _payload(document)
    if conversation.proven:
        if payload:
            raise scram.failed()
        return _finished(client, conversation, b"")
    answer = conversation.exchange.server_final(payload)
    if conversation.skip_empty:
        return _finished(client, conversation, answer)
    conversation.proven, client.conversation = True, conversation
    return _reply(answer, done=False)


def _finished(client: ClientState, conversation: Conversation, payload: bytes) -> Document:
    client.user, client.account = conversation.name, None
    return _reply(payload, done=True)


def _may_come_from(account: Account, client: ClientState) -> bool:
    """Each list of restrictions (the user's own, each role's) must have one that fits both addresses."""
    return all(
        any(_fits(rule, "clientSource", client.remote) and _fits(rule, "serverAddress", client.local)
            for rule in rules)
        for rules in account.restrictions if rules
    )  # fmt: skip


def _fits(rule: Document, field_name: str, address: str) -> bool:
    allowed = rule.get(field_name)
    if not allowed:
        return True
    try:
        own = ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
        return any(own in ipaddress.ip_network(item, strict=False) for item in allowed)
    except ValueError:
        return False


async def logout(router: Router, request: Request) -> Answer:
    """logout."""
    client = request.client
    if client.user is not None and client.user.database == request.database:
        client.user = client.account = None
    return {"ok": 1.0}


async def hello_login(router: Router, request: Request) -> Document:
    """saslSupportedMechs and speculativeAuthenticate of a hello: never holds up the hello for long."""
    if not router.authenticate:
        return {}
    found: Document = {}
    wanted = request.command.get("saslSupportedMechs")
    if isinstance(wanted, str) and "." in wanted:
        found |= await _mechanisms(router, wanted)
    first: Any = request.command.get("speculativeAuthenticate")
    if is_document(first) and "saslStart" in first:
        try:
            reply = await _start(router, request.client, first, str(first.get("db", "admin")))
        except CommandError:
            return found
        found["speculativeAuthenticate"] = {k: v for k, v in reply.items() if k != "ok"}
    return found


async def _mechanisms(router: Router, wanted: str) -> Document:
    database, _, user = wanted.partition(".")
    try:
        account = await _known(router, UserName(user, database))
    except CommandError:
        return {}
    return {"saslSupportedMechs": list(account.credentials)} if account is not None else {}
