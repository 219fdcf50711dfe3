"""The wire parser: real messages come back as they were, garbage is refused and nothing else happens."""

from __future__ import annotations

import contextlib

import pytest
from bson.errors import BSONError
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.router.bsonraw import array_of, decode, elements, encode, rebuild
from infra.router.wire import (
    HEADER,
    MAX_MESSAGE,
    OP_MSG,
    WireError,
    encode_msg,
    frame_length,
    parse,
    split_documents,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=5), VALUES, max_size=5)


@given(DOCUMENTS, st.lists(DOCUMENTS, max_size=4))
def test_messages_survive_the_trip(body: dict[str, object], documents: list[dict[str, object]]) -> None:
    raws = [encode(document) for document in documents]
    frame = encode_msg(7, 3, encode(body), [(b"documents", b"".join(raws))])
    assert frame_length(frame) == len(frame)
    message = parse(frame)
    assert (message.request_id, decode(message.body)) == (7, decode(encode(body)))
    assert [split_documents(raw) for _, raw in message.sequences] == [raws]


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_garbage_is_refused_or_incomplete(data: bytes) -> None:
    with contextlib.suppress(WireError):
        length = frame_length(data)
        if length is not None and len(data) >= length:
            parse(data[:length])


@settings(max_examples=500)
@given(DOCUMENTS, st.data())
def test_damaged_messages_raise_only_the_expected(body: dict[str, object], data: st.DataObject) -> None:
    frame = bytearray(encode_msg(1, 0, encode({"ping": 1, **body}), [(b"x", encode(body))]))
    position = data.draw(st.integers(16, len(frame) - 1))
    frame[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError, BSONError, ValueError):
        message = parse(bytes(frame))
        decode(message.body)
        for _, raw in message.sequences:
            split_documents(raw)


@pytest.mark.parametrize("length", [-1, 0, 15, MAX_MESSAGE + 1, 2**31 - 1])
def test_impossible_lengths_are_refused_before_buffering(length: int) -> None:
    with pytest.raises(WireError):
        frame_length(HEADER.pack(length, 1, 0, OP_MSG))


@pytest.mark.parametrize("opcode", [0, 1, 2001, 2002, 2005, 2006, 2012, 99999])
def test_other_opcodes_are_refused(opcode: int) -> None:
    with pytest.raises(WireError):
        frame_length(HEADER.pack(100, 1, 0, opcode))


def test_unknown_required_flags_are_refused() -> None:
    frame = bytearray(encode_msg(1, 0, encode({"ping": 1}), []))
    frame[16] = 4
    with pytest.raises(WireError):
        parse(bytes(frame))


@given(DOCUMENTS)
def test_rebuild_replaces_what_it_is_told(document: dict[str, object]) -> None:
    changed = decode(rebuild(encode({**document, "gone": 1}), {b"gone"}, encode({"new": 2})))
    assert changed == decode(encode({**document, "new": 2}))


@given(st.lists(DOCUMENTS, max_size=12))
def test_arrays_of_raw_documents(documents: list[dict[str, object]]) -> None:
    raw = array_of(encode(document) for document in documents)
    assert list(decode(raw).values()) == [decode(encode(document)) for document in documents]
    assert len(list(elements(raw))) == len(documents)
