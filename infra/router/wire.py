"""MongoDB's wire protocol: framing, OP_MSG, and the OP_QUERY that old handshakes use. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from app_core.errors import SwapskillError

HEADER = struct.Struct("<iiii")
INT32 = struct.Struct("<i")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
MAX_MESSAGE = 48_000_000
"""Largest message of the protocol, in bytes, header included."""
CHECKSUM_PRESENT, MORE_TO_COME, EXHAUST_ALLOWED = 1, 2, 1 << 16
_KNOWN_REQUIRED_FLAGS = CHECKSUM_PRESENT | MORE_TO_COME


class WireError(SwapskillError):
    """The bytes are not a message of the protocol: the connection must be closed."""


@dataclass(slots=True)
class Message:
    """One request: the body document and, apart from it, the document sequences (never decoded here)."""

    request_id: int
    opcode: int
    body: bytes
    sequences: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    more_to_come: bool = False
    namespace: str = ""
    exhaust: bool = False
    """The client lets the router send several replies to this one request."""

    @property
    def size(self) -> int:
        """Bytes of the documents that the message carries."""
        return len(self.body) + sum(len(raw) for _, raw in self.sequences)


def frame_length(buffer: bytes | bytearray, limit: int = MAX_MESSAGE) -> int | None:
    """Length of the message that starts the buffer, None when too short to tell.

    WireError for a length below a header's or above `limit`, and for an unknown opcode, so that
    garbage is refused before anything is buffered for it.
    """
    if len(buffer) < 4:
        return None
    length = INT32.unpack_from(buffer)[0]
    if not HEADER.size <= length <= limit:
        raise WireError(f"message length {length} is outside {HEADER.size}..{limit}")
    if len(buffer) >= HEADER.size and HEADER.unpack_from(buffer)[3] not in (OP_MSG, OP_QUERY):
        raise WireError(f"opcode {HEADER.unpack_from(buffer)[3]} is not served")
    return length


def parse(frame: bytes) -> Message:
    """A complete frame as a request; WireError when it is malformed."""
    if len(frame) < HEADER.size:
        raise WireError("shorter than a header")
    _, request_id, _, opcode = HEADER.unpack_from(frame)
    try:
        if opcode == OP_MSG:
            return _parse_msg(frame, request_id)
        return _parse_query(frame, request_id)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise WireError("truncated message", why=str(error)) from error


def _parse_msg(frame: bytes, request_id: int) -> Message:
    flags = INT32.unpack_from(frame, 16)[0] & 0xFFFFFFFF
    if flags & 0xFFFF & ~_KNOWN_REQUIRED_FLAGS:
        raise WireError(f"unknown required flag bits {flags:#x}")
    end = len(frame) - (4 if flags & CHECKSUM_PRESENT else 0)
    sequences: list[tuple[bytes, bytes]] = []
    body, position = None, 20
    while position < end:
        kind, start = frame[position], position + 1
        position = _section_end(frame, start, end)
        if kind == 0 and body is None:
            body = frame[start:position]
        elif kind == 1:
            name_end = frame.index(0, start + 4, position)
            sequences.append((frame[start + 4 : name_end], frame[name_end + 1 : position]))
        else:
            raise WireError(f"unexpected section of kind {kind}")
    if body is None:
        raise WireError("no body section")
    more, exhaust = bool(flags & MORE_TO_COME), bool(flags & EXHAUST_ALLOWED)
    return Message(request_id, OP_MSG, body, sequences, more, exhaust=exhaust)


def _section_end(frame: bytes, start: int, end: int) -> int:
    size = INT32.unpack_from(frame, start)[0]
    if size < 5 or start + size > end:
        raise WireError(f"section of {size} bytes does not fit")
    return start + size


def _parse_query(frame: bytes, request_id: int) -> Message:
    name_end = frame.index(0, 20)
    start = name_end + 1 + 8
    end = _section_end(frame, start, len(frame))
    return Message(
        request_id, OP_QUERY, frame[start:end], namespace=frame[20:name_end].decode(), more_to_come=False
    )


def encode_msg(
    request_id: int, response_to: int, body: bytes, sequences: list[tuple[bytes, bytes]], flags: int = 0
) -> bytes:
    """An OP_MSG with its sequences kept as sequences."""
    parts = [INT32.pack(flags), b"\0", body]
    for name, raw in sequences:
        parts += [b"\1", INT32.pack(4 + len(name) + 1 + len(raw)), name, b"\0", raw]
    length = HEADER.size + sum(map(len, parts))
    return b"".join([HEADER.pack(length, request_id, response_to, OP_MSG), *parts])


def encode_reply(request_id: int, message: Message, body: bytes, *, more: bool = False) -> bytes:
    """The reply to a request, in the kind of its question; `more`: another one follows unasked."""
    if message.opcode == OP_MSG:
        return encode_msg(request_id, message.request_id, body, [], MORE_TO_COME if more else 0)
    fixed = struct.pack("<iqii", 8, 0, 0, 1)
    length = HEADER.size + len(fixed) + len(body)
    return HEADER.pack(length, request_id, message.request_id, OP_REPLY) + fixed + body


def split_documents(raw: bytes) -> list[bytes]:
    """The documents of a sequence; WireError when their lengths do not add up."""
    documents: list[bytes] = []
    position = 0
    while position < len(raw):
        if len(raw) - position < 5:
            raise WireError("truncated document sequence")
        end = _section_end(raw, position, len(raw))
        documents.append(raw[position:end])
        position = end
    return documents
