"""What AWS cannot give is refused before anything is declared; what a host needs follows from its members."""

from __future__ import annotations

import copy
import os
import subprocess
from dataclasses import replace

import pytest

from app_core.errors import UsageError
from infra.aws.addresses import LETTERS, private_subnet, public_subnet
from infra.aws.local.stacks import load_stack
from infra.aws.local.types import INSTANCE
from infra.aws.places import MOST_GROUPS, availability_zone, check_places
from infra.aws.sizing import host_size, rank
from infra.aws.user_data import TRIES, architecture_of, user_data
from infra.topology import load_topology

from .stacks import graph, parse, raw


def refused(file, **settings):
    with pytest.raises(UsageError) as caught:
        check_places(replace(load_stack("production").settings, **settings), parse(file))
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    return str(caught.value)


def test_the_shipped_stacks_fit():
    for name in ("staging", "production", "ephemeral"):
        stack = load_stack(name)
        assert check_places(stack.settings, stack.topology) is None


def test_a_region_without_three_zones_is_refused():
    file = raw("production")
    file["regions"][1]["zones"] = ["dr-a", "dr-b"]
    assert "region eu-central-1 has 2 zones, and a quorum needs 3" in refused(file)


def test_two_zones_of_one_letter_are_refused():
    file = raw("production")
    for third in ("rd-a", "dr-i", "dr-2"):
        file["regions"][1]["zones"] = ["dr-a", third, "dr-c"]
        assert "end in different letters from a to h" in refused(file)


def test_a_name_that_is_no_region_is_refused():
    file = raw("production")
    file["regions"][1]["name"] = "paris"
    assert "region paris is no AWS region" in refused(file)


def test_a_region_without_a_network_is_refused():
    said = refused(raw("production"), cidrs={"eu-west-3": "10.0.0.0/16"})
    assert "region eu-central-1 has no network, add swapskill:cidrs.eu-central-1" in said


def test_a_topology_of_another_class_is_refused():
    assert "its class is staging, the stack's is production" in refused(raw("staging"))


def test_a_topology_without_sizes_is_refused():
    file = raw("production")
    del file["aws"]
    assert "no key `aws`" in refused(file)


def test_a_role_without_a_size_and_a_size_without_a_host_are_refused():
    file = raw("production")
    del file["aws"]["sizes"]["etcd"]
    assert "role etcd has no size" in refused(file)
    file = raw("production")
    file["aws"]["hosts"] = {"nobody": {"instance": "t4g.nano"}}
    assert "aws.hosts names nobody" in refused(file)


def test_the_last_letter_of_a_zone_is_awss():
    assert availability_zone("eu-west-3", "a") == "eu-west-3a"
    assert availability_zone("eu-central-1", "dr-b") == "eu-central-1b"


def test_subnets_of_a_region_never_overlap():
    from ipaddress import IPv4Network

    cidr = "10.20.0.0/16"
    nets = [IPv4Network(make(cidr, n)) for make in (private_subnet, public_subnet) for n in LETTERS]
    assert not [(a, b) for a in nets for b in nets if a is not b and a.overlaps(b)]
    assert all(net.subnet_of(IPv4Network(cidr)) for net in nets)
    assert private_subnet(cidr, "b") == "10.20.16.0/20" and public_subnet(cidr, "a") == "10.20.255.0/24"


def test_a_host_with_several_roles_gets_the_biggest_machine_and_all_the_disks():
    size = host_size(load_topology("ephemeral"), "data-a")
    assert size.instance == "t4g.medium" and size.disk == 10 + 10 + 2 + 10 + 2


@pytest.mark.parametrize(
    ("disk", "iops", "throughput", "why"),
    [
        (10, 5001, 125, "gp3 has at most 5000 IOPS on 10 GiB"),
        (2, 3001, 125, "gp3 has at most 3000 IOPS on 2 GiB"),
        (500, 3000, 751, "gp3 needs 3004 IOPS for 751 MiB/s"),
        (10, 5000, 1000, None),
        (2, 3000, 750, None),
    ],
)
def test_a_disk_that_aws_refuses_is_refused_in_one_sentence(disk, iops, throughput, why):
    file = raw("production")
    file["aws"]["sizes"]["etcd"] |= {"disk": disk, "iops": iops, "throughput": throughput}
    if why is None:
        assert host_size(parse(file), "dcs-a").iops == iops
        return
    with pytest.raises(UsageError, match=f"aws.sizes.etcd: {why}") as caught:
        parse(file)
    assert caught.value.exit_code == 2


def test_the_disk_of_a_host_with_several_roles_is_one_that_aws_takes():
    file = raw("ephemeral")
    file["aws"]["sizes"]["mongod-shard"] |= {"disk": 20, "iops": 10000}
    file["aws"]["sizes"]["postgres"] |= {"disk": 10, "iops": 4000, "throughput": 1000}
    file["aws"]["sizes"]["etcd"] = {"instance": "t4g.micro", "iops": 16000}
    size = host_size(parse(file), "data-a")
    assert (size.disk, size.iops, size.throughput) == (20 + 20 + 2 + 10, 10000, 1000)


def test_a_host_may_have_a_size_of_its_own():
    file = raw("production")
    file["aws"]["hosts"] = {"pg-a": {"instance": "r7g.4xlarge", "disk": 900}}
    assert host_size(parse(file), "pg-a").instance == "r7g.4xlarge"
    assert host_size(parse(file), "pg-b").instance == "r7g.xlarge"


def test_the_standby_grows_with_one_key():
    file = raw("production")
    assert host_size(parse(file), "pg-dr").instance == "t4g.large"
    grown = copy.deepcopy(file)
    grown["aws"]["dr"]["size"] = "full"
    assert host_size(parse(grown), "pg-dr").instance == "r7g.xlarge"
    assert host_size(parse(grown), "pg-a") == host_size(parse(file), "pg-a")


def test_machines_are_ordered_by_size():
    ordered = [
        "t4g.nano",
        "t4g.micro",
        "t4g.medium",
        "r7g.large",
        "r7g.xlarge",
        "r7g.2xlarge",
        "r7g.16xlarge",
    ]
    assert sorted(ordered, key=rank) == ordered and rank("r7g.metal") > rank("r7g.16xlarge")


@pytest.mark.parametrize(
    ("instance", "architecture"),
    [
        ("t4g.micro", "arm64"),
        ("r7gd.large", "arm64"),
        ("c6gn.large", "arm64"),
        ("g5.xlarge", "amd64"),
        ("i4i.large", "amd64"),
    ],
)
def test_the_image_fits_the_machine(instance, architecture):
    assert architecture_of(instance) == architecture


def test_user_data_are_a_script_that_bash_can_read():
    script = user_data("pg-a.example.internal", "eu-west-3", "arm64")
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "set-hostname pg-a.example.internal" in script and "debian_arm64" in script


STAND_IN = """\
#!/bin/sh
echo "$(basename "$0") $1" >> {folder}/calls
[ "$(basename "$0")" != python3 ] || [ "$(grep -c ^python3 {folder}/calls)" -gt {failures} ]
"""


@pytest.mark.parametrize(("failures", "code", "tries"), [(0, 0, 1), (3, 0, 4), (99, 1, TRIES)])
def test_the_first_boot_tries_again_while_aws_cannot_be_reached_and_ends(tmp_path, failures, code, tries):
    for name in ("hostnamectl", "python3", "dpkg", "systemctl", "sleep"):
        (tmp_path / name).write_text(STAND_IN.format(folder=tmp_path, failures=failures))
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    script = user_data("pg-a.example.internal", "eu-west-3", "arm64")
    ended = subprocess.run(
        ["bash"], input=script, text=True, env=environment, capture_output=True, check=False
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    assert (ended.returncode, sum(call.startswith("python3") for call in calls)) == (code, tries)
    assert ("systemctl enable" in calls) == (code == 0) and ("not installed" in ended.stderr) == (code == 1)


def test_a_host_starts_when_the_way_to_aws_is_there():
    found = graph("ephemeral")
    kinds = ("vpcEndpoint:VpcEndpoint", "securityGroupEgressRule:SecurityGroupEgressRule")
    wanted = {
        item.urn
        for item in found.cloud
        if item.type.endswith(kinds) and any(word in item.name for word in ("-s3", "-ssm", "-endpoints"))
    }
    hosts = found.of(INSTANCE)
    assert len(wanted) >= 5 and hosts
    assert not [host.name for host in hosts if wanted - {*host.dependencies}]


def test_a_host_with_more_roles_than_security_groups_is_refused():
    file = raw("ephemeral")
    assert len(parse(file).roles("data-a")) + 1 == MOST_GROUPS, "the fullest host that is allowed"
    file["social"]["routers"][0]["host"] = "data-a"
    said = refused(file, stack="ephemeral")
    assert "host data-a has the roles mongod-shard, mongod-config, router, etcd, postgres: 6" in said


def test_a_renewed_host_that_is_not_there_is_refused_with_the_nearest():
    said = refused(raw("production"), renew=("pg-a", "pg-d"))
    assert "swapskill:renew names pg-d, and there is no such host (did you mean 'pg-" in said
    file = raw("production")
    assert "renew names app-1" in refused(file, renew=("app-1",))
    file["aws"]["apps"] = {"count": 1}
    assert check_places(replace(load_stack("production").settings, renew=("app-1",)), parse(file)) is None
