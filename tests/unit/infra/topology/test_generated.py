"""Generated topologies: every valid one loads, every mutilated one is refused with a sentence."""

from __future__ import annotations

import contextlib
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app_core.errors import UsageError
from infra.timing import solve
from infra.topology import parse_topology

from .files import Raw, parse, raw

ZONES = "abc"
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def spread(prefix: str, count: int) -> list[Raw]:
    """`count` members round the zones, each on a host of its own."""
    return [{"name": f"{prefix}-{n}", "host": f"h-{prefix}-{n}"} for n in range(count)]


@st.composite
def valid(draw: st.DrawFn) -> Raw:
    """A topology of any size that no rule refuses."""
    odd = st.sampled_from([3, 5])
    shards = {
        segment: [f"{segment}-{n}" for n in range(1, draw(st.integers(1, 3)) + 1)]
        for segment in ("members", "exchange")
    }
    sets = [{"name": name, "members": spread(name, draw(odd))} for names in shards.values() for name in names]
    standbys = draw(st.integers(1, 3))
    value: Raw = {
        "name": "generated",
        "class": draw(st.sampled_from(["ephemeral", "staging", "production"])),
        "versions": {"mongodb": "7.0.28", "postgresql": "15", "etcd": "3.4"},
        "regions": [{"name": "r1", "zones": list(ZONES)}],
        "social": {
            "segments": shards,
            "shards": sets,
            "config": {"members": spread("config", draw(odd))},
            "routers": spread("router", draw(st.integers(2, 4))),
        },
        "payments": {
            "members": spread("pg", standbys + 1),
            "sync": {"mode": draw(st.sampled_from(["first", "quorum"])), "count": standbys},
            "etcd": spread("etcd", draw(odd)),
            "proxies": spread("proxy", draw(st.integers(2, 3))),
        },
    }
    value["payments"]["sync"]["count"] = draw(
        st.integers(min_value=max(1, (standbys + 3) // 3), max_value=standbys)
    )
    value["hosts"] = [{"name": m["host"], "zone": ZONES[n % 3]} for m, n in _members(value)]
    return value


def _members(value: Any) -> list[tuple[Raw, int]]:
    if isinstance(value, list):
        hosted = [(item, n) for n, item in enumerate(value) if isinstance(item, dict) and "host" in item]
        return hosted or [found for item in value for found in _members(item)]
    return [found for item in value.values() for found in _members(item)] if isinstance(value, dict) else []


@settings(max_examples=40, deadline=None)
@given(valid())
def test_valid_topologies_load(value: Raw) -> None:
    topology = parse(value)
    assert len({node.name for node in topology.nodes()}) == len(topology.hosts)
    assert solve(topology).patroni.ttl >= 20


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_mutilated_topologies_are_refused_with_a_sentence(data: st.DataObject) -> None:
    value = raw(data.draw(st.sampled_from(["sandbox", "minimal"])))
    container, key = data.draw(st.sampled_from(_places(value)))
    if data.draw(st.booleans()):
        container[key] = data.draw(JUNK)
    else:
        del container[key]
    text = yaml.safe_dump(value, allow_unicode=True)
    with contextlib.suppress(UsageError):  # never anything else
        solve(parse_topology(text.encode("utf-8", "surrogatepass"), "x.yaml"))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_a_traceback(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        parse_topology(data, "x.yaml")


def _places(value: Any) -> list[tuple[Any, Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in steps for place in ((value, key), *_places(item))]
