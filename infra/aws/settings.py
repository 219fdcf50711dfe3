"""A stack's settings: read from its configuration, checked before anything is declared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, cast

from app_core.errors import UsageError, nearest

if TYPE_CHECKING:
    import pulumi

PROJECT = "swapskill"
STACKS = ("staging", "production", "ephemeral")
REQUIRED = ("topology", "account", "owner", "cost_center", "cidrs", "domain", "monthly_budget_usd")
KEYS = (*REQUIRED, "mirrors", "renew", "ttl_hours", "expires_at")
MIRRORS = ("151.101.0.0/16", "146.75.0.0/17", "199.232.0.0/16")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
REGION_PREFIX = 16  # what zones are cut out of: see infra/aws/addresses.py
PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
MOST_HOURS, MOST_USD = 30 * 24, 10_000_000  # a typing error, not a CI run and not a budget
_DOMAIN = r"[a-z0-9-]+(\.[a-z0-9-]+)+"
_EPHEMERAL_NAME = r"ephemeral-[a-z0-9-]{1,12}"  # with it, names of balancers have at most 32 characters


@dataclass(frozen=True)
class Settings:
    """What a stack's file says. cidrs: region -> network. expires_at: of an ephemeral stack, else empty.

    renew: hosts whose machines may be replaced by this run.
    """

    stack: str
    topology: str
    account: str
    owner: str
    cost_center: str
    cidrs: Mapping[str, str]
    domain: str
    mirrors: tuple[str, ...]
    monthly_budget_usd: int
    expires_at: str
    renew: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What physical names begin with: no two stacks of an account share one."""
        return f"{PROJECT}-{self.stack}"


def parse_settings(stack: str, values: Mapping[str, str], now: datetime | None = None) -> Settings:
    """Settings from configuration values as Pulumi gives them: no namespace, lists and mappings as JSON.

    Raises UsageError, one sentence each, for an unknown stack, a missing or a bad value.
    """
    _check_stack(stack)
    for key in REQUIRED:
        if not values.get(key):
            raise _refused(stack, key, "it has no value", f"pulumi config set {key} VALUE --stack {stack}")
    return Settings(
        stack=stack,
        topology=values["topology"],
        account=_matching(stack, values, "account", r"[0-9]{12}", "an AWS account has 12 digits"),
        owner=values["owner"],
        cost_center=values["cost_center"],
        cidrs=_networks(stack, values),
        domain=_matching(stack, values, "domain", _DOMAIN, "it must look like production.swapskill.internal"),
        mirrors=tuple(_mirrors(stack, values)),
        monthly_budget_usd=_number(stack, values, "monthly_budget_usd", 0, MOST_USD),
        expires_at=_expiry(stack, values, now or datetime.now(UTC)),
        renew=tuple(str(item) for item in _list(stack, values, "renew", "it must be a list of hosts")),
    )


def configuration(config: pulumi.Config) -> dict[str, str]:
    """The values that a run was given, by key."""
    return {key: value for key in KEYS if (value := config.get(key)) is not None}


def stack_class(stack: str) -> str:
    """The class that a stack's topology must have: the first word of its name."""
    return stack.partition("-")[0]


def _check_stack(stack: str) -> None:
    if stack not in STACKS and not re.fullmatch(_EPHEMERAL_NAME, stack):
        raise UsageError("unknown stack", on=stack, why=nearest(stack, STACKS), hint="ls Pulumi.*.yaml")


def _networks(stack: str, values: Mapping[str, str]) -> dict[str, str]:
    found = _json(stack, values, "cidrs")
    if not isinstance(found, dict) or not found:
        raise _refused(stack, "cidrs", "it must be a mapping from region to network")
    listed = cast(Mapping[str, object], found)
    networks = {region: _network(stack, f"cidrs.{region}", str(cidr)) for region, cidr in listed.items()}
    for region, network in networks.items():
        if network.prefixlen != REGION_PREFIX:
            raise _refused(stack, f"cidrs.{region}", f"{network} is no /{REGION_PREFIX}")
        if not any(network.subnet_of(private) for private in PRIVATE):
            raise _refused(
                stack, f"cidrs.{region}", f"{network} belongs to others: it is in no private network"
            )
    _check_apart(stack, networks)
    return {region: str(network) for region, network in networks.items()}


def _check_apart(stack: str, networks: Mapping[str, IPv4Network]) -> None:
    pairs = [(a, b) for a in networks for b in networks if a < b]
    for first, second in pairs:
        if networks[first].overlaps(networks[second]):
            why = (
                f"{first} ({networks[first]}) and {second} ({networks[second]}) overlap, and they are peered"
            )
            raise _refused(stack, "cidrs", why, f"give each region of Pulumi.{stack}.yaml its own network")


def _network(stack: str, key: str, text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        raise _refused(stack, key, f"{text!r} is no network in CIDR notation") from None


def _mirrors(stack: str, values: Mapping[str, str]) -> list[str]:
    listed = _list(stack, values, "mirrors", "it must be a list of networks") or MIRRORS
    networks = [_network(stack, "mirrors", str(item)) for item in listed]
    if any(network.prefixlen < 8 for network in networks):
        raise _refused(stack, "mirrors", "a network wider than a /8 is the whole world, not a mirror")
    return [str(network) for network in networks]


def _list(stack: str, values: Mapping[str, str], key: str, why: str) -> list[object]:
    """The list of a key; empty without one."""
    found = _json(stack, values, key) if values.get(key) else list[object]()
    if not isinstance(found, list):
        raise _refused(stack, key, why)
    return cast(list[object], found)


def _json(stack: str, values: Mapping[str, str], key: str) -> object:
    try:
        return json.loads(values[key])
    except ValueError:
        raise _refused(stack, key, "it is not JSON") from None


def _matching(stack: str, values: Mapping[str, str], key: str, pattern: str, why: str) -> str:
    if not re.fullmatch(pattern, values[key]):
        raise _refused(stack, key, f"{values[key]!r} is not valid: {why}")
    return values[key]


def _number(stack: str, values: Mapping[str, str], key: str, default: int, most: int) -> int:
    text = values.get(key) or str(default)
    # the length first: Python refuses to read a number of thousands of digits
    if not re.fullmatch(r"[0-9]{1,20}", text) or not 1 <= int(text) <= most:
        raise _refused(stack, key, f"{text[:40]!r} is no whole number above 0 and up to {most}")
    return int(text)


def _expiry(stack: str, values: Mapping[str, str], now: datetime) -> str:
    """As given, or the next full hour after the TTL: a second preview in the hour shows no difference."""
    if given := values.get("expires_at"):
        return _time(stack, given)
    if stack_class(stack) != "ephemeral":
        return ""
    end = now + timedelta(hours=_number(stack, values, "ttl_hours", 4, MOST_HOURS) + 1)
    return end.astimezone(UTC).replace(minute=0, second=0, microsecond=0).strftime(TIME_FORMAT)


def _time(stack: str, text: str) -> str:
    """The reaper reads it from a tag: a time that it cannot read would be kept for ever."""
    try:
        return datetime.strptime(text, TIME_FORMAT).strftime(TIME_FORMAT)
    except ValueError:
        why = f"{text!r} is no time in UTC like 2026-11-27T15:00:00Z"
        raise _refused(stack, "expires_at", why) from None


def _refused(stack: str, key: str, why: str, hint: str | None = None) -> UsageError:
    return UsageError("the stack's configuration is refused", on=f"{PROJECT}:{key} of {stack}", why=why,
                      hint=hint or f"correct it in Pulumi.{stack}.yaml")  # fmt: skip
