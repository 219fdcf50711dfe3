"""Bad configuration is refused with one sentence that names the key and what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app_core.errors import UsageError
from infra.aws.settings import MIRRORS, parse_settings

GOOD = {
    "topology": "production",
    "account": "111122223333",
    "owner": "platform",
    "cost_center": "x",
    "cidrs": json.dumps({"eu-west-3": "10.20.0.0/16", "eu-central-1": "10.21.0.0/16"}),
    "domain": "production.swapskill.internal",
    "monthly_budget_usd": "6000",
}
NOON = datetime(2026, 11, 26, 12, 20, tzinfo=UTC)


def test_good_values_are_taken():
    settings = parse_settings("production", GOOD)
    assert settings.prefix == "swapskill-production" and settings.expires_at == ""
    assert settings.cidrs == {"eu-west-3": "10.20.0.0/16", "eu-central-1": "10.21.0.0/16"}
    assert settings.monthly_budget_usd == 6000 and settings.mirrors == MIRRORS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"account": ""}, ["swapskill:account of production", "no value", "pulumi config set account"]),
        ({"account": "12"}, ["swapskill:account", "12 digits"]),
        ({"cidrs": "{}"}, ["swapskill:cidrs", "mapping"]),
        ({"cidrs": "10.20.0.0/16"}, ["swapskill:cidrs", "JSON"]),
        ({"cidrs": '{"eu-west-3": "10.20.0.1/16"}'}, ["swapskill:cidrs.eu-west-3", "CIDR"]),
        ({"cidrs": '{"eu-west-3": "10.20.0.0/24"}'}, ["swapskill:cidrs.eu-west-3", "no /16"]),
        (
            {"cidrs": '{"eu-west-3": "10.20.0.0/16", "eu-central-1": "10.20.0.0/16"}'},
            ["overlap", "eu-central-1"],
        ),
        ({"domain": "production"}, ["swapskill:domain", "production.swapskill.internal"]),
        ({"monthly_budget_usd": "0"}, ["swapskill:monthly_budget_usd", "above 0"]),
        ({"monthly_budget_usd": "²"}, ["swapskill:monthly_budget_usd", "above 0"]),
        ({"monthly_budget_usd": "9" * 5000}, ["swapskill:monthly_budget_usd", "up to 10000000"]),
        ({"account": "١" * 12}, ["swapskill:account", "12 digits"]),
        ({"cidrs": '{"eu-west-3": "8.8.0.0/16"}'}, ["swapskill:cidrs.eu-west-3", "private"]),
        ({"cidrs": '{"eu-west-3": "127.0.0.0/16"}'}, ["swapskill:cidrs.eu-west-3", "private"]),
        ({"expires_at": "tomorrow"}, ["swapskill:expires_at", "'tomorrow' is no time in UTC"]),
        ({"mirrors": '["0.0.0.0/0"]'}, ["swapskill:mirrors", "whole world"]),
        ({"mirrors": '{"a": 1}'}, ["swapskill:mirrors", "list"]),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(change, words):
    with pytest.raises(UsageError) as caught:
        parse_settings("production", {**GOOD, **change})
    said = f"{caught.value} {caught.value.hint}"
    assert caught.value.exit_code == 2 and "\n" not in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize("key", ["topology", "owner", "cost_center", "cidrs", "domain", "monthly_budget_usd"])
def test_every_required_value_is_missed(key):
    with pytest.raises(UsageError, match=f"swapskill:{key} of production: it has no value"):
        parse_settings("production", {name: value for name, value in GOOD.items() if name != key})


def test_an_unknown_stack_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="unknown stack: prodution: did you mean 'production'"):
        parse_settings("prodution", GOOD)


def test_an_ephemeral_stack_expires_at_a_full_hour_after_its_ttl():
    settings = parse_settings("ephemeral-412", {**GOOD, "ttl_hours": "2"}, NOON)
    assert settings.expires_at == "2026-11-26T15:00:00Z" and settings.prefix == "swapskill-ephemeral-412"


@pytest.mark.parametrize("hours", ["99999999999", "721", "0", "²", "-1"])
def test_a_ttl_that_is_none_is_refused_in_one_sentence(hours):
    with pytest.raises(UsageError, match="swapskill:ttl_hours of ephemeral.*above 0 and up to 720") as caught:
        parse_settings("ephemeral", {**GOOD, "ttl_hours": hours}, NOON)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_ci_may_say_itself_when_the_stack_expires():
    values = {**GOOD, "expires_at": "2026-11-27T00:00:00Z"}
    assert parse_settings("ephemeral", values, NOON).expires_at == "2026-11-27T00:00:00Z"


def test_hosts_to_renew_are_a_list():
    assert parse_settings("production", GOOD).renew == ()
    assert parse_settings("production", {**GOOD, "renew": '["pg-a"]'}).renew == ("pg-a",)
    with pytest.raises(UsageError, match="swapskill:renew of production: it must be a list of hosts"):
        parse_settings("production", {**GOOD, "renew": '{"pg-a": 1}'})
