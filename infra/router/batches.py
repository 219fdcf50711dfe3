"""Cursor replies made of documents given as bytes. Pure."""

from __future__ import annotations

import struct

from infra.router.bsonraw import Document, array_of, embed, encode
from infra.router.reply import Reply

MAX_BATCH_BYTES = 16 * 1024 * 1024


def take_batch(documents: list[bytes], size: int | None) -> list[bytes]:
    """Remove and return the next batch: at most `size` documents (None or 0: no limit) and 16 MB."""
    taken = total = 0
    for document in documents:
        if (size and taken >= size) or (taken and total + len(document) > MAX_BATCH_BYTES - 65536):
            break
        taken, total = taken + 1, total + len(document) + 8
    batch = documents[:taken]
    del documents[:taken]
    return batch


def batch_reply(
    name: str, batch: list[bytes], cursor_id: int, namespace: str, extra: Document | None = None
) -> bytes:
    """A cursor reply made of documents given as bytes."""
    text = namespace.encode()
    inner = embed(
        [
            (4, name, array_of(batch)),
            (18, "id", struct.pack("<q", cursor_id)),
            (2, "ns", struct.pack("<i", len(text) + 1) + text + b"\0"),
        ]
    )
    if extra:
        inner = _append(inner, encode(extra))
    return embed([(3, "cursor", inner), (1, "ok", struct.pack("<d", 1.0))])


def _append(document: bytes, extra: bytes) -> bytes:
    content = document[4:-1] + extra[4:-1]
    return struct.pack("<i", len(content) + 5) + content + b"\0"


def patch_id(reply: Reply, offset: int, number: int) -> Reply:
    """The reply with the router's own cursor id in the place of the member's."""
    raw = reply.raw[:offset] + struct.pack("<q", number) + reply.raw[offset + 8 :]
    return Reply(raw)
