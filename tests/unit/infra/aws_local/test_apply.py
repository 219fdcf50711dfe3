"""Whole stacks made in moto by real calls: the second run changes nothing, an edit shows, nothing is left."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from app_core.errors import RefusedError, SwapskillError
from infra.aws.local.apply import Change, apply, compare, destroy, summary
from infra.aws.local.gaps import GAPS, UNTOLD
from infra.aws.local.types import INSTANCE, VOLUME
from tests.unit.infra.aws.stacks import graph, local

from .account import account, left
from .recorder import Requests, listed, wrong
from .tiny import program


def made_of(stack):
    """How many resources of a stack are made by calls."""
    return sum(resource.type not in GAPS for resource in graph(stack).cloud)


def one(state, kind):
    return next(item for item in state.values() if item.type.endswith(kind))


@pytest.mark.timeout(900)  # some thousand calls, each with a signature and an answer to parse
def test_an_ephemeral_stack_is_made_is_stable_shows_edits_and_leaves_nothing(monkeypatch):
    stack = local("ephemeral").program
    with account() as cloud:
        before = left()
        requests = Requests(cloud, monkeypatch)
        first = apply(stack, cloud)
        assert summary(first.changes) == {"create": made_of("ephemeral")}
        again = apply(stack, cloud, first.state)
        assert again.changes == () and again.state == first.state
        assert not again.uncompared - listed()
        assert not unproven(first.state, requests)
        expected = edited(first.state)
        assert set(compare(stack, cloud, first.state).changes) == expected
        assert destroy(cloud, first.state) == ()
        assert left() == before


def unproven(state, requests):
    """What speaks against the reasons for which inputs are not compared, over a whole stack."""
    found = [
        wrong(resource, name, requests.sent[urn])
        for urn, resource in state.items()
        for name in UNTOLD.get(resource.type, ())
        if name in resource.inputs
    ]
    return [sentence for sentence in found if sentence]


def edited(state):
    """Somebody changes a tag and a metadata option and deletes a rule by hand; what a comparison must say."""
    volume, host = one(state, VOLUME), one(state, INSTANCE)
    ec2 = boto3.client("ec2", region_name=volume.region)
    ec2.create_tags(Resources=[volume.id], Tags=[{"Key": "Owner", "Value": "somebody"}])
    ec2.modify_instance_metadata_options(InstanceId=host.id, HttpTokens="optional")
    listener = one(state, ":Listener")
    boto3.client("elbv2", region_name=volume.region).modify_listener(ListenerArn=listener.id, Port=1)
    return {
        Change("update", volume.urn, ("tags",)),
        Change("update", host.urn, ("metadataOptions",)),
        Change("update", listener.urn, ("port",)),
    }


@pytest.mark.full
@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_stack_with_a_dr_region_is_made_is_stable_and_refuses_to_be_destroyed(stack, monkeypatch):
    made = local(stack).program
    with account() as cloud:
        requests = Requests(cloud, monkeypatch)
        first = apply(made, cloud)
        assert summary(first.changes) == {"create": made_of(stack)}
        again = apply(made, cloud, first.state)
        assert again.changes == ()
        assert again.uncompared == listed(), "listed is what no answer tells, neither more nor less"
        assert not unproven(first.state, requests)
        with pytest.raises(RefusedError, match="protected"):
            destroy(cloud, first.state)
        assert all(item.id for item in first.state.values())


def test_what_is_gone_is_made_again():
    with account() as cloud:
        state = apply(program(), cloud).state
        volume = one(state, VOLUME)
        boto3.client("ec2", region_name=volume.region).delete_volume(VolumeId=volume.id)
        healed = apply(program(), cloud, state)
        assert healed.changes == (Change("create", volume.urn),)
        assert healed.state[volume.urn].id != volume.id


def test_what_differs_is_refused_by_name():
    with account() as cloud:
        state = apply(program(), cloud).state
        with pytest.raises(RefusedError, match=r"Volume disk.*in size"):
            apply(program(size=20), cloud, state)


def test_what_is_no_longer_declared_is_deleted_users_first():
    with account() as cloud:
        state = apply(program(), cloud).state
        outcome = apply(program(disk=False), cloud, state)
        assert [change.action for change in outcome.changes] == ["delete"]
        assert one(state, VOLUME).id not in left()


def test_what_is_retained_is_told_and_stays():
    with account() as cloud:
        state = apply(program(retain_on_delete=True), cloud).state
        assert destroy(cloud, state) == ("Volume disk",)
        assert one(state, VOLUME).id in left()


def test_a_protected_resource_that_is_no_longer_declared_is_refused():
    with account() as cloud:
        state = apply(program(protect=True), cloud).state
        with pytest.raises(RefusedError, match="no longer declared: Volume disk"):
            apply(program(disk=False), cloud, state)
        assert one(state, VOLUME).id in left()


def test_ignored_changes_are_no_changes():
    with account() as cloud:
        state = apply(program(), cloud).state
        assert compare(program(size=20, ignore_changes=["size"]), cloud, state).changes == ()


def test_a_call_that_the_cloud_refuses_names_the_resource():
    with account() as cloud, pytest.raises(SwapskillError, match="Vpc net"):
        apply(program(network="not-a-network"), cloud)


def test_an_order_of_deletion_follows_references_whatever_the_names():
    """The subnet's name sorts after the network's, and it must go first."""
    with account() as cloud:
        state = apply(program(), cloud).state
        urns = {item.name: replace(item) for item in state.values()}
        assert urns["sub"].dependencies == (urns["net"].urn,)
        assert destroy(cloud, state) == () and urns["net"].id not in left()
