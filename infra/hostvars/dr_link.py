"""Variables of the relay between the primary region and the DR region."""

from __future__ import annotations

from typing import Any

from infra.hostvars import Placement
from infra.hostvars.proxy import checks
from infra.timing import Timing
from infra.topology import Node, Topology


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `dr-link.cfg.j2` needs: the proxies' writable ports behind one port."""
    assert topology.payments is not None, "the relay belongs to the payments domain"
    proxies = [e for e in placement.endpoints.values() if e.kind == "proxy"]
    return {
        **checks(timing),
        "proxy_scope": topology.payments.name,
        "haproxy_socket": str(placement.run_dir(node.name) / "haproxy.sock"),
        "haproxy_rw_port": placement.endpoints[node.name].ports["rw"],
        "relay_servers": [{"name": p.member, "address": p.address, "port": p.ports["rw"]} for p in proxies],
    }
