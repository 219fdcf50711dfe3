"""What is missing of shards, zones and databases, in every half-done state."""

import pytest

from cluster_cli.bootstrap.sharding_plan import (
    connection_string,
    misplaced_databases,
    missing_databases,
    missing_shards,
    missing_zones,
)
from tests.unit.cluster_cli.bootstrap.topologies import spec, specs

SEGMENTS = {"members": ("members-1",), "exchange": ("exchange-1", "exchange-2")}


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        ([], ["members-1", "exchange-1"]),
        ([{"_id": "members-1"}], ["exchange-1"]),
        ([{"_id": "members-1"}, {"_id": "exchange-1"}, {"_id": "old"}], []),
    ],
)
def test_missing_shards_and_never_the_config_servers(present, missing):
    assert [s.name for s in missing_shards(present, specs())] == missing


def test_a_shard_is_named_with_its_data_members():
    wanted = spec("members-1")
    assert connection_string(wanted) == "members-1/" + ",".join(wanted.hosts)


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        ([], [("members-1", "members"), ("exchange-1", "exchange"), ("exchange-2", "exchange")]),
        (
            [{"_id": "members-1", "tags": ["members"]}, {"_id": "exchange-1", "tags": ["other"]}],
            [("exchange-1", "exchange"), ("exchange-2", "exchange")],
        ),
        (
            [
                {"_id": "members-1", "tags": ["members"]},
                {"_id": "exchange-1", "tags": ["exchange"]},
                {"_id": "exchange-2", "tags": ["x", "exchange"]},
            ],
            [],
        ),
    ],
)
def test_missing_zones(present, missing):
    assert missing_zones(present, SEGMENTS) == missing


def test_a_missing_database_goes_to_the_first_shard_of_its_segment():
    assert missing_databases([{"_id": "members", "primary": "members-1"}], SEGMENTS) == [
        ("exchange", "exchange-1")
    ]


def test_a_database_outside_of_its_segment_is_found():
    present = [{"_id": "members", "primary": "exchange-1"}, {"_id": "exchange", "primary": "exchange-2"}]
    assert misplaced_databases(present, SEGMENTS) == [("members", "exchange-1")]
