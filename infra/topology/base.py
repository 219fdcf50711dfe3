"""What every part of a topology is made of: a frozen model that refuses unknown keys, and a name."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"

# One pattern for members, hosts, zones and groups: the name becomes a host name, a certificate's CN,
# a directory, an etcd key and (dashes to underscores) a replication slot.
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]


class Part(BaseModel):
    """A part of a topology file. Frozen; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(Part):
    """One process with data or a duty, on one host."""

    name: Name
    host: Name
