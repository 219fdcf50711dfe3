"""The logical clock and resume tokens."""

from __future__ import annotations

from bson import Binary, Timestamp

from infra.router.clock import LogicalClock, SigningKey
from infra.router.tokens import after, is_event, is_from_invalidate, token_time

KEY = {"_id": 7, "key": b"secret-secret-secret", "expiresAt": Timestamp(2**31, 0)}
HIGH_WATER = "826B04BA20000000012B0229296E04"


def signed(time: Timestamp) -> dict[str, object]:
    """A properly signed time."""
    key = SigningKey(7, KEY["key"], KEY["expiresAt"])  # type: ignore[arg-type]
    return {"clusterTime": time, "signature": {"hash": Binary(key.sign(time)), "keyId": 7}}


def clock() -> LogicalClock:
    """A clock that knows the key."""
    made = LogicalClock()
    made.learn_keys([KEY])
    made.advance(Timestamp(100, 1))
    return made


def test_signed_times_count() -> None:
    made = clock()
    made.advance_from_client(signed(Timestamp(200, 1)))
    assert made.time == Timestamp(200, 1)
    assert made.for_clients() == signed(Timestamp(200, 1))


def test_forged_times_do_not() -> None:
    made = clock()
    for wrong in (
        None, {}, {"clusterTime": Timestamp(200, 1)}, {**signed(Timestamp(100, 5)),
        "clusterTime": Timestamp(2**30, 1)},
        {"clusterTime": Timestamp(200, 1), "signature": {"hash": Binary(bytes(20)), "keyId": 0}},
    ):  # fmt: skip
        made.advance_from_client(wrong)
    assert made.time == Timestamp(100, 1)


def test_the_clock_never_goes_back() -> None:
    made = clock()
    made.advance(Timestamp(50, 1))
    assert made.time == Timestamp(100, 1)
    assert LogicalClock().for_clients() is None


def test_tokens() -> None:
    assert token_time(HIGH_WATER) == Timestamp(0x6B04BA20, 1)
    assert not is_event(HIGH_WATER) and not is_from_invalidate(HIGH_WATER)
    event = "826B04BA20000000012B022C0100296E5A1004" + "00" * 16
    assert is_event(event) and not is_from_invalidate(event)
    assert is_from_invalidate(event.replace("296E5A", "296F5A"))
    assert not is_event("82zz")
    assert after(Timestamp(1, 1)) == Timestamp(1, 2)
