"""The `topology` commands, as a user types them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from app_core.errors import UsageError
from cluster_cli.commands.topology import app
from infra.diagrams import mermaid, svg
from infra.topology import list_topologies, load_topology


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_list() -> None:
    rows = json.loads(run("list", "-o", "json"))
    assert [row["name"] for row in rows] == list(list_topologies())
    assert all(row["about"].endswith(".") for row in rows)
    assert "sandbox" in run("list")


def test_show_places_every_member() -> None:
    shown = json.loads(run("show", "quorum", "-o", "json"))
    assert {"name": "pgdr1", "zone": "dr-a"}.items() <= shown["members"][-1].items()
    assert {"name": "pg-a", "zone": "a", "roles": ["etcd", "postgres"]} in shown["hosts"]
    assert shown["sla"]["payments"]["member"] == {"rpo": 0.0, "rto": 120.0}
    assert "pgsync2" in run("show", "quorum")


def test_check_all_and_one_bad_file(tmp_path: Path) -> None:
    assert "production" in run("check")
    bad = tmp_path / "bad.yaml"
    bad.write_text(load_topology("sandbox").source.replace("host: pg-b}", "host: pg-z}"))
    with pytest.raises(UsageError, match="host pg-z is unknown"):
        run("check", str(bad))


def test_timing() -> None:
    found = yaml.safe_load(run("timing", "sandbox", "-o", "yaml"))
    assert found["values"]["patroni"]["ttl"] == 20
    assert "etcd leader" in found["predicted"]["postgres-host-loss-etcd-leader"]["explanation"]
    assert "given up" in found["given_up"][0]
    assert "until healed" in run("timing", "minimal")


@pytest.mark.parametrize("name", list_topologies())
def test_pictures_show_every_member_in_its_host(name: str) -> None:
    topology = load_topology(name)
    tree = ET.fromstring(run("diagram", name, "--format", "svg"))
    words = {text for element in tree.iter() if (text := element.text)}
    assert {node.name for node in topology.nodes()} | {host.name for host in topology.hosts} <= words
    flow = run("diagram", name)
    assert flow.startswith("flowchart TB\n")
    assert flow.count("subgraph ") == flow.count("end\n")
    assert all(f'"{node.name}<br/>' in flow for node in topology.nodes())


def test_pictures_are_the_same_every_time_and_escape_what_they_print() -> None:
    topology = load_topology("sandbox")
    assert svg(topology) == svg(load_topology("sandbox"))
    assert mermaid(topology) == mermaid(load_topology("sandbox"))
    assert "&lt;b&gt;" in svg(topology, roles={"pg1": "<b>"})


def test_lost_members_are_faint() -> None:
    topology = load_topology("sandbox")
    assert svg(topology).count('class="lost"') == 0
    assert svg(topology, lost={"pg1", "mongo-a"}).count('class="lost"') == 2
