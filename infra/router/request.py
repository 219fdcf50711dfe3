"""A client's command on its way through the router."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from bson import Binary, Timestamp

from infra.router.bsonraw import (
    Document,
    decode,
    elements,
    encode,
    is_array,
    is_document,
    rebuild,
    values_of_array,
)
from infra.router.errors import CommandError
from infra.router.reply import Reply
from infra.router.selection import ReadPreference, parse_preference
from infra.router.wire import Message, split_documents

Answer = Reply | Document | bytes
API_FIELDS = ("apiVersion", "apiStrict", "apiDeprecationErrors")
GENERIC_FIELDS = frozenset(
    {
        "$db", "lsid", "$clusterTime", "$readPreference", "txnNumber", "autocommit", "startTransaction",
        "readConcern", "writeConcern", "maxTimeMS", "comment", "stmtId", "stmtIds", "coordinator",
        *API_FIELDS,
    }
)  # fmt: skip
"""Arguments that any command may carry."""
_ROUTER_OWNED = {b"lsid", b"$clusterTime"}


@dataclass(frozen=True)
class UserName:
    """Who is logged in: name and authentication database."""

    user: str
    database: str

    @property
    def digest(self) -> bytes:
        """The user's part of a logical session id, as the servers compute it."""
        return hashlib.sha256(f"{self.user}@{self.database}".encode()).digest()


@dataclass
class ClientState:
    """What the router remembers of one client connection."""

    number: int
    remote: str = ""
    local: str = ""
    application: str = ""
    """The name that the client's driver gave in its first hello."""
    streams: bool = False
    """The last command was a hello that may be answered again and again, each time after its wait."""
    user: UserName | None = None
    account: Any = None
    conversation: Any = None


@dataclass(slots=True)
class Request:
    """One command with its client, its deadline and the operation time of its reply."""

    message: Message
    command: Document
    name: str
    database: str
    client: ClientState
    deadline: float | None = None
    operation_time: Timestamp | None = None
    session: Document | None = None
    needs: list[Any] = field(default_factory=list[Any])
    _listed: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])

    @property
    def collection(self) -> str:
        """The collection named as the command's first value; CommandError 73 when it is none."""
        value = self.command[self.name]
        if not isinstance(value, str) or not value or "\0" in value or value.startswith("."):
            raise CommandError(73, f"Invalid namespace specified '{self.database}.{value}'")
        return value

    @property
    def namespace(self) -> str:
        """`database.collection`."""
        return f"{self.database}.{self.collection}"

    @property
    def in_transaction(self) -> bool:
        """Part of a multi-document transaction."""
        return self.command.get("autocommit") is False

    @property
    def retryable_write(self) -> bool:
        """Carries a transaction number outside a transaction: exactly-once is promised."""
        return "txnNumber" in self.command and not self.in_transaction

    @property
    def preference(self) -> ReadPreference:
        """The command's read preference."""
        return parse_preference(self.command.get("$readPreference"))

    def documents(self, field_name: str) -> list[bytes]:
        """The documents of an array argument, as bytes, from its sequence or from the body."""
        if field_name not in self._listed:
            self._listed[field_name] = self._find_documents(field_name)
        return self._listed[field_name]

    def _find_documents(self, field_name: str) -> list[bytes]:
        name = field_name.encode()
        for identifier, raw in self.message.sequences:
            if identifier == name:
                return split_documents(raw)
        value = self.command.get(field_name, [])
        if not is_array(value) or not all(is_document(item) for item in value):
            raise CommandError(14, f"BSON field '{self.name}.{field_name}' must be an array of objects")
        return self._from_body(name)

    def _from_body(self, name: bytes) -> list[bytes]:
        for _, found, _, value, _ in elements(self.message.body):
            if found == name:
                return values_of_array(self.message.body, value)
        return []

    def whole(self) -> Document:
        """The command document with its sequences folded in (only for small commands)."""
        folded = {
            name.decode(): [decode(d) for d in split_documents(raw)] for name, raw in self.message.sequences
        }
        return {**self.command, **folded}

    def arguments(self, *drop: str) -> Document:
        """The command's own arguments: without the generic ones that the router sets itself."""
        kept = {"maxTimeMS", "comment", "writeConcern", "readConcern"} - set(drop)
        return {
            key: value
            for key, value in self.whole().items()
            if key not in drop and (key not in GENERIC_FIELDS or key in kept)
        }

    def session_fields(self) -> Document:
        """lsid (with the user's digest), txnNumber as the members must see them."""
        fields: Document = {}
        if self.session is not None:
            fields["lsid"] = self.session
        if "txnNumber" in self.command:
            fields["txnNumber"] = self.command["txnNumber"]
        return fields

    def cursor_fields(self) -> Document:
        """What each getMore must repeat of the command that opened the cursor."""
        return self.session_fields() | self.api()

    def api(self) -> Document:
        """The stable-API arguments."""
        return {key: self.command[key] for key in API_FIELDS if key in self.command}

    def forward(self, extra: Document, gossip: bytes, *drop: bytes) -> bytes:
        """The client's own body for a member: with `extra`, the full session id and the gossiped time."""
        if self.session is not None and b"lsid" not in drop:
            extra = {**extra, "lsid": self.session}
        joined = rebuild(encode(extra), (), gossip)
        return rebuild(self.message.body, _ROUTER_OWNED | set(drop) | {key.encode() for key in extra}, joined)

    def note(self, reply: Reply) -> None:
        """Remember the latest operation time."""
        time = reply.operation_time
        if time is not None and (self.operation_time is None or time > self.operation_time):
            self.operation_time = time

    def derive(self, command: Document) -> Request:
        """A command that the router runs as part of this one, for the same client."""
        body = encode(command)
        return Request(
            Message(0, self.message.opcode, body), command, next(iter(command)), command.get("$db",
            self.database),
            self.client, self.deadline, session=self.session, needs=self.needs,
        )  # fmt: skip


def full_session(lsid: Any, user: UserName | None) -> Document | None:
    """A client's session id completed by its user's digest; CommandError for a malformed one."""
    if lsid is None:
        return None
    if not is_document(lsid) or not isinstance(lsid.get("id"), Binary) or len(lsid["id"]) != 16:
        raise CommandError(14, "BSON field 'lsid.id' is the wrong type, expected type 'binData'")
    if set(lsid) - {"id"}:
        raise CommandError(13, "Unauthorized to set user digest in LogicalSessionId")
    if user is None:
        return {"id": lsid["id"]}
    return {"id": lsid["id"], "uid": Binary(user.digest)}
