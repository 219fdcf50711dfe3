"""Networks inside a region's network: one private and one public subnet a zone. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

MOST_ZONES = 8
_PRIVATE, _PUBLIC = 20, 24


def private_subnet(cidr: str, index: int) -> str:
    """The hosts' subnet of the region's zone number `index`: a /20, counted from the start of the network."""
    return str(next(islice(IPv4Network(cidr).subnets(new_prefix=_PRIVATE), index, None)))


def public_subnet(cidr: str, index: int) -> str:
    """The subnet of a zone's NAT gateway: a /24, counted from the end of the network."""
    end = 2 ** (_PUBLIC - IPv4Network(cidr).prefixlen)
    return str(next(islice(IPv4Network(cidr).subnets(new_prefix=_PUBLIC), end - 1 - index, None)))
