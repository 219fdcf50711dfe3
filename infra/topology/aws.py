"""The key `aws` of a topology file: which machine and how large a disk each role or host gets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from infra.topology.base import Count, Name, Part
from infra.topology.nodes import Kind

FREE_IOPS = 3000  # that every gp3 volume has, however small
IOPS_PER_GIB, IOPS_PER_MIBPS = 500, 4  # the most, and the least for a throughput
Instance = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9]+$")]


class Size(Part):
    """A machine and its data volume (GiB, gp3; 0 = none) with its IOPS and throughput (MiB/s)."""

    instance: Instance
    disk: Count = 0
    iops: Annotated[int, Field(ge=FREE_IOPS, le=16000, strict=True)] = FREE_IOPS
    throughput: Annotated[int, Field(ge=125, le=1000, strict=True)] = 125

    @model_validator(mode="after")
    def _as_aws_takes_it(self) -> Size:
        most, least = max(FREE_IOPS, self.disk * IOPS_PER_GIB), self.throughput * IOPS_PER_MIBPS
        if self.disk and self.iops > most:
            raise ValueError(f"gp3 has at most {most} IOPS on {self.disk} GiB: lower iops or raise disk")
        if self.disk and self.iops < least:
            why = f"gp3 needs {least} IOPS for {self.throughput} MiB/s: raise iops or lower throughput"
            raise ValueError(why)
        return self


class Apps(Part):
    """Hosts of the application, spread over the zones of the primary region; count 0 = none."""

    count: Count = 0
    instance: Instance = "t4g.small"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Their names: `app-1`, `app-2`, ..."""
        return tuple(f"app-{number}" for number in range(1, self.count + 1))


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
