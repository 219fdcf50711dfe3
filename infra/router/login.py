"""Clients' logins: the SCRAM conversation is passed to a config server, which knows the users."""

from __future__ import annotations

import asyncio
from typing import Any

from infra.router.bsonraw import Document
from infra.router.core import Router
from infra.router.errors import CommandError, MemberLost, host_unreachable
from infra.router.reply import public
from infra.router.request import Answer, ClientState, Request, UserName
from infra.router.selection import PRIMARY_PREFERRED, choose
from infra.router.upstream import Upstream, connect

_PATIENCE_SECONDS = 2.0
_ALLOWED = ("mechanism", "payload", "options", "autoAuthorize", "conversationId", "saslStart", "saslContinue")


class Conversation:
    """One login in progress, on a private connection to a config member."""

    def __init__(self, connection: Upstream) -> None:
        self.connection = connection

    async def step(self, document: Document, database: str) -> Document:
        """One message; on success of the last one the connection is the user's."""
        clean = {key: document[key] for key in _ALLOWED if key in document}
        ordered = dict(sorted(clean.items(), key=lambda item: not item[0].startswith("sasl")))
        return await self.connection.command({**ordered, "$db": database})

    async def user(self) -> UserName | None:
        """Who is logged in on the private connection now."""
        status = await self.connection.command({"connectionStatus": 1, "$db": "admin"})
        users = status["authInfo"]["authenticatedUsers"]
        return UserName(users[0]["user"], users[0]["db"]) if users else None

    def close(self) -> None:
        """End it."""
        self.connection.close()


async def sasl_start(router: Router, request: Request) -> Answer:
    """saslStart."""
    return await _start(router, request.client, request.command, request.database)


async def _start(router: Router, client: ClientState, document: Document, database: str) -> Document:
    if document.get("mechanism") not in ("SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"):
        raise CommandError(
            334,
            f"Unsupported mechanism '{document.get('mechanism')}' on authentication database '{database}'",
        )
    if client.conversation is not None:
        client.conversation.close()
    client.conversation = Conversation(await _private(router))
    return await _step(client, document, database)


async def _private(router: Router) -> Upstream:
    config = router.catalog.config
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_SECONDS
    while True:
        member = choose(list(config.members.values()), PRIMARY_PREFERRED)
        if member is not None:
            try:
                return await connect(member.host, member.login, authenticate=False)
            except MemberLost as error:
                raise host_unreachable(error) from error
        if loop.time() > end:
            raise CommandError(94, "the config servers are not yet initialized")
        await config.wait_change(0.1)


async def sasl_continue(router: Router, request: Request) -> Answer:
    """saslContinue."""
    if request.client.conversation is None:
        raise CommandError(17, "No SASL session state found")
    return await _step(request.client, request.command, request.database)


async def _step(client: ClientState, document: Document, database: str) -> Document:
    conversation = client.conversation
    try:
        reply = await asyncio.wait_for(conversation.step(document, database), 10)
        finished = bool(reply.get("ok")) and bool(reply.get("done"))
        user = await conversation.user() if finished else None
    except (MemberLost, TimeoutError) as error:
        _end(client)
        raise CommandError(6, "the config server that checked the login was lost") from error
    if not reply.get("ok"):
        _end(client)
        raise CommandError(int(reply.get("code", 18)), str(reply.get("errmsg", "Authentication failed.")))
    if finished:
        _end(client)
        client.user, client.account = user, None
    return public(reply)


def _end(client: ClientState) -> None:
    if client.conversation is not None:
        client.conversation.close()
    client.conversation = None


async def logout(router: Router, request: Request) -> Answer:
    """logout."""
    client = request.client
    if client.user is not None and client.user.database == request.database:
        client.user = client.account = None
    return {"ok": 1.0}


async def hello_login(router: Router, request: Request) -> Document:
    """saslSupportedMechs and speculativeAuthenticate of a hello: never holds up the hello."""
    if not router.authenticate:
        return {}
    found: Document = {}
    wanted = request.command.get("saslSupportedMechs")
    if isinstance(wanted, str):
        found |= await _mechanisms(router, wanted)
    first = request.command.get("speculativeAuthenticate")
    if isinstance(first, dict) and "saslStart" in first:
        try:
            reply = await _start(router, request.client, first, str(first.get("db", "admin")))
            found["speculativeAuthenticate"] = {
                key: reply[key] for key in ("conversationId", "done", "payload")
            }
        except CommandError:
            return found
    return found


async def _mechanisms(router: Router, wanted: str) -> Document:
    member: Any = choose(list(router.catalog.config.members.values()), PRIMARY_PREFERRED)
    if member is None:
        return {}
    try:
        reply = await asyncio.wait_for(
            router.catalog.read_config({"hello": 1, "saslSupportedMechs": wanted}), _PATIENCE_SECONDS
        )
    except (CommandError, TimeoutError):
        return {}
    return {key: reply[key] for key in ("saslSupportedMechs",) if key in reply}
