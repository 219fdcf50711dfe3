"""Variables of the S3 server that takes the archive where no cloud lends one."""

from __future__ import annotations

from typing import Any

from infra.hostvars import Placement
from infra.timing import Timing
from infra.topology import Node, Topology


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `s3.json.j2` and `security.toml.j2` need."""
    pair = placement.tls(node.name, node.name)
    return {
        "store_name": node.name,
        "ca_file": str(placement.ca_file(node.name)),
        "store_certificate_file": str(pair.cert),
        "store_key_file": str(pair.key),
        "s3_access_key": placement.credentials.secret("s3_access"),
        "s3_secret_key": placement.credentials.secret("s3_secret"),
    }
