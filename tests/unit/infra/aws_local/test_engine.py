"""The engine itself: unknown outputs, secrets, inheritance of protection, and what it refuses."""

from __future__ import annotations

import json

import pytest

from app_core.errors import UsageError
from infra.aws.local import Program, preview, resolve
from infra.aws.local.differences import same
from infra.aws.local.values import UNKNOWN, Secret, bare, decode, encode, has_secret, has_unknown, shown


def run(declare, how=preview, **more):
    return how(Program("swapskill", "test", declare, **more))


def small():
    import pulumi
    import pulumi_aws as aws

    eu = aws.Provider("eu", region="eu-west-3", default_tags={"tags": {"Owner": "us", "Tier": "low"}})
    opts = pulumi.ResourceOptions(provider=eu)
    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Tier": "high"}, opts=opts)
    aws.ec2.Subnet("sub", vpc_id=vpc.id, cidr_block="10.0.0.0/24", opts=opts)
    aws.iam.Policy("pol", policy=vpc.arn.apply(lambda arn: json.dumps({"Resource": arn})), opts=opts)
    aws.ssm.Parameter("par", type="SecureString", value=pulumi.Output.secret("hush"), opts=opts)
    pulumi.export("vpc", vpc.id)
    pulumi.export("word", pulumi.Output.secret("hush"))


def named(graph, name):
    return next(resource for resource in graph.resources if resource.name == name)


def test_a_resource_is_in_the_region_that_it_names_itself_else_in_its_providers():
    def declare():
        import pulumi
        import pulumi_aws as aws

        opts = pulumi.ResourceOptions(provider=aws.Provider("eu", region="eu-west-3"))
        aws.ec2.Vpc("here", cidr_block="10.0.0.0/16", opts=opts)
        aws.ec2.Vpc("there", cidr_block="10.1.0.0/16", region="us-east-1", opts=opts)

    found = run(declare, resolve)
    assert {item.name: item.region for item in found.cloud} == {"here": "eu-west-3", "there": "us-east-1"}


def test_a_preview_knows_nothing_that_the_cloud_computes():
    found = run(small)
    assert named(found, "sub").inputs["vpcId"] is UNKNOWN and named(found, "pol").inputs["policy"] is UNKNOWN
    assert found.outputs["vpc"] is UNKNOWN and named(found, "net").id == ""


def test_references_are_known_even_where_values_are_not():
    found = run(small)
    assert [used.name for used in found.used(named(found, "sub"), "vpcId")] == ["net"]
    assert [used.name for used in found.used(named(found, "pol"), "policy")] == ["net"]


def test_stand_ins_make_documents_readable():
    policy = json.loads(named(run(small, resolve), "pol").inputs["policy"])
    assert policy["Resource"] == "arn:aws:ec2:eu-west-3:123456789012:vpc/net"


def test_secrets_are_marked_and_never_shown():
    found = run(small)
    assert found.outputs["word"] == Secret("hush") and has_secret(named(found, "par").inputs)
    assert "hush" not in repr(found) and "hush" not in json.dumps(shown(named(found, "par").inputs))


def test_tags_are_the_providers_under_the_resources_own():
    found = run(small)
    assert named(found, "net").tags == {"Owner": "us", "Tier": "high"}
    assert (
        named(found, "sub").tags == {"Owner": "us", "Tier": "low"}
        and named(found, "sub").region == "eu-west-3"
    )


def test_a_child_is_as_protected_as_its_parent_unless_it_says_otherwise():
    def declare():
        import pulumi
        import pulumi_aws as aws

        eu = aws.Provider("eu", region="eu-west-3")
        opts = pulumi.ResourceOptions(provider=eu, protect=True)
        box = pulumi.ComponentResource("swapskill:aws:Box", "box", None, opts)
        aws.s3.Bucket("held", opts=pulumi.ResourceOptions(parent=box))
        aws.s3.Bucket("free", opts=pulumi.ResourceOptions(parent=box, protect=False))

    found = run(declare)
    assert named(found, "held").options.protect and not named(found, "free").options.protect
    assert [child.name for child in found.children(named(found, "box"))] == ["free", "held"]
    assert [item.name for item in found.ancestors(named(found, "held"))][0] == "box"


def test_two_resources_of_one_name_are_refused():
    def declare():
        import pulumi_aws as aws

        aws.s3.Bucket("twice")
        aws.s3.Bucket("twice")

    with pytest.raises(UsageError, match="one name"):
        run(declare)


def test_a_data_source_without_an_answer_is_refused():
    def declare():
        import pulumi_aws as aws

        aws.ec2.get_vpcs()

    with pytest.raises(Exception, match="data source"):
        run(declare)


def test_what_a_program_raises_comes_out():
    def declare():
        raise UsageError("no good", on="this")

    with pytest.raises(UsageError, match="no good"):
        run(declare)


def test_one_run_leaves_nothing_behind_for_the_next():
    assert run(small) == run(small)


def test_outputs_of_another_stack_are_read_from_what_was_given():
    def declare():
        import pulumi

        pulumi.export("key", pulumi.StackReference("foundation").get_output("key"))

    assert run(declare, references={"foundation": {"key": "k-1"}}).outputs == {"key": "k-1"}


def test_values_survive_the_wire():
    value = {"a": 1, "b": [True, "x", {"c": Secret("s")}], "d": UNKNOWN, "e": 1.5}
    assert decode(encode(value)) == value
    assert has_unknown(value) and bare(value)["b"][2] == {"c": "s"}


@pytest.mark.parametrize(
    "wanted, found, equal",
    [
        ('{"a": [1, 2]}', '{"a": [2, 1]}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ({"a": 1}, {"a": 1, "b": False}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"prefix": ""}, None, True),
        (True, "true", True),
        (True, None, False),
        (80, "80", True),
        (["a"], ["a", "b"], False),
        ("x", None, False),
    ],
)
def test_equal_in_meaning(wanted, found, equal):
    assert same(wanted, found) is equal
