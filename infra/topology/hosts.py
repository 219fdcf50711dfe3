"""Regions, their zones, and the hosts in them."""

from __future__ import annotations

from pydantic import Field

from infra.topology.base import Flag, Name, Part


class Region(Part):
    """A region and its zones; `dr: true` marks the region that is used when the others are lost."""

    name: Name
    zones: tuple[Name, ...] = Field(min_length=1)
    dr: Flag = False


class Host(Part):
    """A machine: when it dies, all its members die. Its roles follow from the members placed on it."""

    name: Name
    zone: Name
