"""The key `aws` of a topology file: which machine and how large a disk each role or host gets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra.topology.base import Count, Name, Part
from infra.topology.nodes import Kind

Instance = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9]+$")]


class Size(Part):
    """A machine and its data volume (GiB, gp3; 0 = none) with its IOPS and throughput (MiB/s)."""

    instance: Instance
    disk: Count = 0
    iops: Annotated[int, Field(ge=3000, le=16000, strict=True)] = 3000
    throughput: Annotated[int, Field(ge=125, le=1000, strict=True)] = 125


class Apps(Part):
    """Hosts of the application, spread over the zones of the primary region; count 0 = none."""

    count: Count = 0
    instance: Instance = "t4g.small"


class Dr(Part):
    """Sizes of the standby cluster: `minimal` takes its own, `full` those of the primary region."""

    size: Literal["minimal", "full"] = "minimal"
    minimal: Size = Size(instance="t4g.medium", disk=100)


class Aws(Part):
    """sizes: by role, for every host with that role; hosts: by name, where one differs."""

    sizes: dict[Kind, Size]
    hosts: dict[Name, Size] = {}
    apps: Apps = Apps()
    dr: Dr = Dr()


KEY = "aws"
MODEL = Aws
