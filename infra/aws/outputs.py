"""What a stack tells others: the contract that the inventory and `swapctl context` read.

`pulumi stack output --json` prints it. Keys may be added within a version; a key that is renamed, removed or
means something else is a new version. No value is a secret: secrets are told by ARN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app_core.errors import UsageError

VERSION = 1
SCHEMA_FILE = Path(__file__).with_name(f"outputs-{VERSION}.json")


class Part(BaseModel):
    """Shared strictness: no key beyond the model, nothing changed after building."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HostOutput(Part):
    """A host: where it is (zone: AWS's), how it is reached (`aws ssm start-session --target INSTANCE`)."""

    instance_id: str
    private_ip: str
    fqdn: str
    region: str
    zone: str
    instance_type: str
    roles: tuple[str, ...]


class MemberOutput(Part):
    """A member of the topology: its host, its private DNS name, its ports by their names."""

    kind: str
    group: str
    host: str
    fqdn: str
    ports: dict[str, int]


class RegionOutput(Part):
    """A region: its network, its private subnets by the topology's zones, its security groups by role."""

    dr: bool
    vpc_id: str
    cidr: str
    subnets: dict[str, str]
    security_groups: dict[str, str]


class BucketOutput(Part):
    """A bucket and the name of its copy in the DR region, absent without one."""

    name: str
    region: str
    copy_name: str | None = None


class StackOutputs(Part):
    """The whole contract.

    topology_digest: `Topology.digest` of what was deployed: a name alone may be another file's.
    secrets: name -> ARN in Secrets Manager. keys: region -> purpose -> ARN. endpoints: service -> DNS name.
    dr_size: `minimal` or `full`, absent without a standby cluster. expires_at: of class ephemeral alone.
    """

    version: Literal[1]
    stack: str
    topology: str
    topology_digest: str
    cluster_class: Literal["ephemeral", "staging", "production"]
    account: str
    domain: str
    regions: dict[str, RegionOutput]
    hosts: dict[str, HostOutput]
    members: dict[str, MemberOutput]
    endpoints: dict[str, str]
    buckets: dict[str, BucketOutput]
    secrets: dict[str, str]
    keys: dict[str, dict[str, str]]
    dr_size: Literal["minimal", "full"] | None = None
    expires_at: str | None = None


@dataclass(frozen=True)
class Outputs:
    """The outputs while the program runs: the contract's keys, with values that are not known yet in them."""

    values: Mapping[str, Any]


def schema_text() -> str:
    """The JSON Schema of the current version, as it must be committed."""
    schema = StackOutputs.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def read_outputs(text: str, *, origin: str) -> StackOutputs:
    """The outputs in the text of `pulumi stack output --json`; UsageError names the first wrong key."""
    try:
        return StackOutputs.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise UsageError(
            "no valid outputs of a stack", on=origin, why=f"{where}: {first['msg']}",
            hint="pulumi stack output --json",
        ) from None  # fmt: skip


if __name__ == "__main__":  # python -m infra.aws.outputs: rewrite after a change of the model
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
