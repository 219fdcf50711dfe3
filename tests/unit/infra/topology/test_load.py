"""Loading a topology file: names, paths, and everything a file can be instead of a topology."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_core.errors import UsageError
from infra.topology import list_topologies, load_topology, parse_topology
from infra.topology.extensions import extension_models
from infra.topology.yaml_text import MAX_BYTES

from .files import parse, raw, shipped

NOT_A_TOPOLOGY = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "binary": (b"\x00\x01\xff\xfe", "not a text file"),
    "control": (b"name: \x00", "characters are not allowed"),
    "too big": (b"#" * (MAX_BYTES + 1), f"more than {MAX_BYTES} bytes"),
    "list": (b"- a", "a mapping of keys"),
    "duplicate key": (b"name: a\nname: b\n", "line 2: the key 'name' stands there twice"),
    "deep duplicate": (b"a: {b: 1, b: 2}", "'b' stands there twice"),
    "alias": (b"a: &x 1\nb: *x", "aliases"),
    "merge": (b"<<: {a: 1}", "merge keys"),
    "deep": (b"[" * 5000, "nested more than"),
    "odd key": (b"[a]: 1", "a key must be a word"),
    "python tag": (b"!!python/object:os.system {}", "constructor"),
    "bad date": (b"name: 2001-99-99", "not YAML"),
    "broken": (b"name: [", "expected"),
    "number as key": (b"1: 2", "keys should be strings"),
    "private field": (b"_source: x", "unknown key"),
    "python name": (b"class_: x", "unknown key"),
}


@pytest.mark.parametrize(("data", "words"), NOT_A_TOPOLOGY.values(), ids=NOT_A_TOPOLOGY.keys())
def test_not_a_topology(data: bytes, words: str) -> None:
    with pytest.raises(UsageError, match="refused") as caught:
        parse_topology(data, "x.yaml")
    assert words in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.hint == "correct the file, then: swapctl topology check x.yaml"


def test_file_named_like_its_topology() -> None:
    assert list_topologies() == ("ephemeral", "minimal", "production", "quorum", "sandbox", "staging")
    assert [load_topology(name).name for name in list_topologies()] == list(list_topologies())


def test_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'sandbox'"):
        load_topology("sandbx")


def test_path_and_missing_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(shipped().source)
    assert load_topology(path).source == shipped().source
    with pytest.raises(UsageError, match="No such file"):
        load_topology(tmp_path / "other.yaml")
    with pytest.raises(UsageError, match="no topology is that big"):
        load_topology("/dev/zero")
    with pytest.raises(UsageError, match="directory"):
        load_topology(f"{tmp_path}/")


def test_unknown_key_and_wrong_type_name_the_member() -> None:
    value = raw()
    value["payments"]["members"][0]["hots"] = "x"
    value["payments"]["sync"]["count"] = True
    with pytest.raises(UsageError) as caught:
        parse(value)
    assert "payments.members[pg1].hots: unknown key" in str(caught.value)
    assert "payments.sync.count: input should be a valid integer, got True" in str(caught.value)


def test_nodes_know_their_place() -> None:
    topology = shipped()
    node = topology.node("pgdr1")
    assert (node.kind, node.group, node.zone, node.region) == (
        "postgres",
        "payments-dr",
        "dr-a",
        "eu-central-1",
    )
    assert topology.roles("pg-a") == ("etcd", "postgres")
    assert topology.zones() == ("a", "b", "c")
    assert topology.zones(dr=True) == ("dr-a",)
    assert topology.region_of("dr-a") == "eu-central-1"
    assert topology.node("etcd-dr").group == "payments-dr-etcd"
    with pytest.raises(KeyError):
        topology.node("nobody")


def test_shapes_of_the_shipped_files() -> None:
    counts = {name: len(shipped(name).nodes()) for name in list_topologies()}
    assert counts == {
        "ephemeral": 19,
        "minimal": 7,
        "production": 21,
        "quorum": 21,
        "sandbox": 20,
        "staging": 21,
    }
    sandbox, quorum = shipped().payments, shipped("quorum").payments
    assert sandbox and quorum
    assert [member.name for member in sandbox.members] == ["pg1", "pgsync1"]
    assert (quorum.sync.mode, quorum.sync.count, len(quorum.members)) == ("quorum", 1, 3)


def test_a_key_is_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.topology import load, model
    from infra.topology.base import Part

    class Backups(Part):
        """A key of another part of the product."""

        every: int

    assert "aws" in extension_models()
    monkeypatch.setattr(load, "extension_models", lambda: {"backups": Backups})
    topology = parse({**raw(), "backups": {"every": 3600}})
    assert topology.part(Backups) == Backups(every=3600)
    assert parse(raw()).part(Backups) is None
    with pytest.raises(UsageError, match="backups.every"):
        parse({**raw(), "backups": {"every": "never"}})
    assert model.Topology.model_fields.keys() >= {"social", "payments"}


def test_the_digest_is_of_what_is_said_and_not_of_how():
    topology = shipped("production")
    text = topology.source
    same = parse_topology(f"# a word\n{text}".encode(), "x.yaml")
    assert same.digest == topology.digest and len(same.digest) == 64
    for old, new in (("disk: 500", "disk: 501"), ("election: 15", "election: 16")):
        assert old in text
        assert parse_topology(text.replace(old, new).encode(), "x.yaml").digest != topology.digest
