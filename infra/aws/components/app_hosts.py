"""Hosts of the application, spread over the zones; none unless the topology asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import pulumi

from infra.aws.components.base import Component
from infra.aws.components.host import Host, HostArgs


@dataclass(frozen=True)
class AppHostsArgs:
    """zones: the topology's, in turn one host each. host: the arguments of a host in a zone."""

    names: tuple[str, ...]
    zones: tuple[str, ...]
    host: Callable[[str, str], HostArgs]


class AppHosts(Component):
    """hosts: name -> host (`app-1`, `app-2`, ...)."""

    def __init__(self, name: str, args: AppHostsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self.hosts: dict[str, Host] = {}
        for label, zone in zip(args.names, cycle(args.zones)):
            self.hosts[label] = Host(label, args.host(label, zone), self.child())
        self.register_outputs({"names": sorted(self.hosts)})
