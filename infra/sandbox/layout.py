"""Which nodes a sandbox runs, and where: the topology's, and those that a cloud would lend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.endpoint import Endpoint
from infra.sandbox.home import SandboxPaths
from infra.sandbox.ports import ADDRESS
from infra.topology import Node, Topology

OBJECT_STORE = "s3"
DR_LINK = "dr-link"


def sandbox_nodes(topology: Topology) -> tuple[Node, ...]:
    """The topology's nodes, the S3 server that takes the WAL archive, and the relay to the DR region."""
    nodes = list(topology.nodes())
    if topology.payments is None:
        return tuple(nodes)
    main = next(node for node in nodes if node.kind == "postgres")
    nodes.append(
        Node(
            OBJECT_STORE,
            "objectstore",
            "objectstore",
            "sandbox",
            main.zone,
            main.region,
        )
    )
    if topology.payments.dr is not None:
        nodes.append(Node(DR_LINK, "dr-link", "dr-link", "sandbox", main.zone, main.region))
    return tuple(nodes)


OUTSIDE = Path("/tmp")
"""Where SeaweedFS makes its sockets, whatever TMPDIR says."""


def files_outside(nodes: Iterable[Node], ports: Mapping[str, Mapping[str, int]]) -> tuple[Path, ...]:
    """Sockets outside the sandbox's directory: SeaweedFS lets nobody choose, their names carry its ports."""
    parts = ("master", "volume", "filer", "s3")
    stores = [node.name for node in nodes if node.kind == "objectstore"]
    return tuple(
        OUTSIDE / f"seaweedfs-{part}-grpc-{ports[store][f'{part}_grpc']}.sock"
        for store in stores
        for part in parts
    )


def endpoints_of(
    nodes: tuple[Node, ...], ports: dict[str, dict[str, int]], paths: SandboxPaths
) -> dict[str, Endpoint]:
    """Every node's endpoint: loopback, its ports, its sockets."""
    return {node.name: _endpoint(node, ports[node.name], paths) for node in nodes}


def _endpoint(node: Node, ports: dict[str, int], paths: SandboxPaths) -> Endpoint:
    run = paths.run(node.name)
    sockets = {"haproxy": run / "haproxy.sock"} if node.kind in ("proxy", "dr-link") else {}
    return Endpoint(
        node.name,
        node.kind,
        node.group,
        node.host,
        node.zone,
        node.region,
        ADDRESS,
        ports,
        sockets,
    )
