"""Networks inside a region's network: one private and one public subnet a zone. Pure.

A zone's place is its letter's, not its position in the topology: another zone must not move the subnets, and
with them the hosts, of those that are there.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

LETTERS = "abcdefgh"  # of AWS's zones, each with its place; no region has more
_PRIVATE, _PUBLIC = 20, 24


def private_subnet(cidr: str, zone: str) -> str:
    """The hosts' subnet of a zone (eu-west-3a): a /20, counted from the start of the network."""
    index = LETTERS.index(zone[-1])
    return str(next(islice(IPv4Network(cidr).subnets(new_prefix=_PRIVATE), index, None)))


def public_subnet(cidr: str, zone: str) -> str:
    """The subnet of a zone's NAT gateway: a /24, counted from the end of the network."""
    index = LETTERS.index(zone[-1])
    end = 2 ** (_PUBLIC - IPv4Network(cidr).prefixlen)
    return str(next(islice(IPv4Network(cidr).subnets(new_prefix=_PUBLIC), end - 1 - index, None)))
