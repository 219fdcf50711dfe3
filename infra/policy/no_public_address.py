"""No host has a public address, or a subnet in which it could be reached from outside."""

from __future__ import annotations

from infra.aws.local.graph import Resource
from infra.aws.local.types import (
    ADDRESS,
    INSTANCE,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    ROUTE,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    SUBNET,
)
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look at instances, subnets and the use of each public address."""
    graph = stack.graph
    public = _public_subnets(stack)
    nat = {used.urn for gateway in graph.of(NAT_GATEWAY) for used in graph.used(gateway, "allocationId")}
    return [
        *(Finding(subnet.label, "it gives public addresses to what starts in it")
          for subnet in graph.of(SUBNET) if subnet.inputs.get("mapPublicIpOnLaunch") is True),
        *(Finding(host.label, why)
          for host in graph.of(INSTANCE) if (why := _reachable(stack, host, public))),
        *(Finding(address.label, "a public address that belongs to no NAT gateway")
          for address in graph.of(ADDRESS) if address.urn not in nat),
    ]  # fmt: skip


def _reachable(stack: Stack, host: Resource, public: set[str]) -> str | None:
    if host.inputs.get("associatePublicIpAddress") is True:
        return "it has a public address"
    if any(subnet.urn in public for subnet in stack.graph.used(host, "subnetId")):
        return "its subnet has a route to the internet gateway"
    return None


def _public_subnets(stack: Stack) -> set[str]:
    graph, tables = stack.graph, _public_tables(stack)
    return {
        subnet.urn
        for association in graph.of(ROUTE_TABLE_ASSOCIATION)
        if any(table.urn in tables for table in graph.used(association, "routeTableId"))
        for subnet in graph.used(association, "subnetId")
    }


def _public_tables(stack: Stack) -> set[str]:
    """Tables with a route to the internet gateway: a resource of its own, or said in the table."""
    graph = stack.graph
    own = {table.urn for route in graph.of(ROUTE) if _leads_out(stack, route, "gatewayId")
           for table in graph.used(route, "routeTableId")}  # fmt: skip
    return own | {table.urn for table in graph.of(ROUTE_TABLE) if _leads_out(stack, table, "routes")}


def _leads_out(stack: Stack, resource: Resource, name: str) -> bool:
    return any(used.type == INTERNET_GATEWAY for used in stack.graph.used(resource, name))
