"""A way to break each rule on a good stack, and the name that its finding must give."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from infra.aws.local import types
from infra.aws.local.graph import Graph, Resource
from infra.aws.local.values import Secret, bare
from infra.policy import Stack

HOST, INGRESS, NAT, KEY = types.INSTANCE, types.INGRESS, types.NAT_GATEWAY, types.KEY
NLB = "LoadBalancer proxies"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
ATTACHED_ANYWHERE = "aws:iam/policyAttachment:PolicyAttachment"


@dataclass(frozen=True)
class Break:
    """rule: the rule that must fail. stack: the good one. spoil: makes it bad. named: what it says."""

    rule: str
    named: str
    spoil: Callable[[Stack], Stack]
    stack: str = "production"
    why: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.named}-{self.why}".replace(" ", "-")


def changed(kind: str, name: str, change: Callable[[Resource], Resource | None]) -> Callable[[Stack], Stack]:
    """One resource changed, or dropped where the change answers None."""

    def spoil(stack: Stack) -> Stack:
        hit = [r for r in stack.graph.of(kind) if r.name == name]
        assert len(hit) == 1, f"{kind} {name}: {len(hit)} of it"
        resources = [change(r) if r is hit[0] else r for r in stack.graph.resources]
        kept = tuple(resource for resource in resources if resource is not None)
        return Stack(Graph(stack.graph.project, stack.graph.stack, kept, stack.graph.outputs), stack.topology)

    return spoil


def inputs(kind: str, name: str, **values: Any) -> Callable[[Stack], Stack]:
    """One resource with other inputs."""
    return changed(kind, name, lambda found: replace(found, inputs={**found.inputs, **values}))


def uses(kind: str, name: str, **urns: tuple[str, ...]) -> Callable[[Stack], Stack]:
    """One resource whose inputs are made from something else."""
    return changed(kind, name, lambda found: replace(found, uses={**found.uses, **urns}))


def gone(kind: str, name: str) -> Callable[[Stack], Stack]:
    """One resource left out."""
    return changed(kind, name, lambda found: None)


def moved(*hosts: str, to: str) -> Callable[[Stack], Stack]:
    """Hosts placed into the subnet of another one."""

    def spoil(stack: Stack) -> Stack:
        target = stack.hosts[to][0].uses["subnetId"]
        for host in hosts:
            stack = uses(HOST, host, subnetId=target)(stack)
        return stack

    return spoil


def statement(kind: str, name: str, **changes: Any) -> Callable[[Stack], Stack]:
    """The first statement of a policy, changed."""

    def change(found: Resource) -> Resource:
        key = "policy" if "policy" in found.inputs else "assumeRolePolicy"
        document = json.loads(bare(found.inputs[key]))
        document["Statement"][0] |= changes
        return replace(found, inputs={**found.inputs, key: json.dumps(document)})

    return changed(kind, name, change)


def named(kind: str, word: str, stack: Stack) -> str:
    """The name of the first resource of a type with a word in it."""
    return next(item.name for item in stack.graph.of(kind) if word in item.name)


def secret_output(stack: Stack) -> Stack:
    outputs = {**stack.graph.outputs, "password": Secret("hush")}
    return Stack(replace(stack.graph, outputs=outputs), stack.topology)


def inline_way_out(zone: str) -> Callable[[Stack], Stack]:
    """The private table of a zone that leads to the internet gateway, by a route said in the table."""

    def spoil(stack: Stack) -> Stack:
        name = named(types.ROUTE_TABLE, zone, stack)
        gateway = stack.graph.of(types.INTERNET_GATEWAY)[0]
        return uses(types.ROUTE_TABLE, name, routes=(gateway.urn,))(stack)

    return spoil


def told(member: str, **facts: Any) -> Callable[[Stack], Stack]:
    """The outputs with other facts of a member."""

    def spoil(stack: Stack) -> Stack:
        members = bare(stack.graph.outputs["members"])
        outputs = {**stack.graph.outputs, "members": {**members, member: {**members[member], **facts}}}
        return Stack(replace(stack.graph, outputs=outputs), stack.topology)

    return spoil


def added(kind: str, name: str, **values: Any) -> Callable[[Stack], Stack]:
    """One resource more."""

    def spoil(stack: Stack) -> Stack:
        more = Resource(f"urn:{name}", kind, name, inputs=values)
        return Stack(replace(stack.graph, resources=(*stack.graph.resources, more)), stack.topology)

    return spoil


def options(kind: str, name: str, **values: bool) -> Callable[[Stack], Stack]:
    return changed(kind, name, lambda found: replace(found, options=replace(found.options, **values)))


def retagged(kind: str, name: str, **tags: str) -> Callable[[Stack], Stack]:
    return changed(kind, name, lambda found: replace(found, tags={**found.tags, **tags}))


def in_region(kind: str, name: str, region: str) -> Callable[[Stack], Stack]:
    return changed(kind, name, lambda found: replace(found, region=region))


def first(rule: str, kind: str, word: str, make: Callable[[str], Callable[[Stack], Stack]], why: str = "",
          stack: str = "production") -> Break:  # fmt: skip
    """A break of the first resource of a type with a word in its name; the finding must name that one."""
    label = kind.rsplit(":", 1)[-1]
    return Break(rule, f"{label} *{word}", lambda good: make(named(kind, word, good))(good), stack, why)


def to_everybody(action: str) -> str:
    """A policy of a resource by which anybody may do something with it."""
    allow = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": action, "Resource": "*"}
    return json.dumps({"Statement": [allow]})


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
MEMBERS = ("mongo-members-b", "mongo-members-c")
OPEN = {"cidrIpv4": "0.0.0.0/0"}
BREAKS = (
    Break("replica-set-zones", "members-1", moved("mongo-members-b", to="mongo-members-a")),
    Break("replica-set-zones", "payments-etcd", moved("dcs-b", to="dcs-a")),
    Break("quorum-survives-zone", "members-1", moved(*MEMBERS, to="mongo-members-a")),
    Break("quorum-survives-zone", "payments-etcd", moved("dcs-b", to="dcs-a")),
    Break("quorum-survives-zone", "config", moved("mongo-config-c", to="mongo-config-a")),
    Break("postgres-zones", "payments", moved("pg-b", "pg-c", to="pg-a")),
    Break("one-host-each", "host pg-a", gone(HOST, "pg-a")),
    Break("one-host-each", "host pg-a", retagged(HOST, "pg-b", Host="pg-a"), why="twice"),
    Break("ports-apart", "member members-1-a", told("members-1-a", ports={"mongo": 27028}),
          stack="staging"),
    Break("disks-encrypted", "Volume pg-a", inputs(types.VOLUME, "pg-a", encrypted=False)),
    Break("disks-encrypted", "Volume pg-a", uses(types.VOLUME, "pg-a", kmsKeyId=()), why="AWS's key"),
    Break("disks-encrypted", "Instance edge-a",
          inputs(HOST, "edge-a", rootBlockDevice={"encrypted": True}), why="root"),
    Break("disks-encrypted", "Instance edge-a", inputs(HOST, "edge-a", ebsBlockDevices=[
        {"deviceName": "/dev/sdg", "volumeSize": 10}]), why="inline disk"),
    first("buckets-encrypted", types.BUCKET_ENCRYPTION, "wal", lambda name: inputs(
        types.BUCKET_ENCRYPTION, name,
        rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}])),
    first("buckets-versioned", types.BUCKET_VERSIONING, "wal", lambda name: inputs(
        types.BUCKET_VERSIONING, name, versioningConfiguration={"status": "Suspended"})),
    first("buckets-private", types.BUCKET_BLOCK, "wal", lambda name: inputs(
        types.BUCKET_BLOCK, name, blockPublicPolicy=False)),
    first("buckets-locked", types.BUCKET_LOCK, "wal", lambda name: gone(types.BUCKET_LOCK, name)),
    first("buckets-locked", types.BUCKET, "backups",
          lambda name: inputs(types.BUCKET, name, objectLockEnabled=False), "off"),
    first("no-public-ingress", INGRESS, "mongod-shard", lambda name: inputs(INGRESS, name, **OPEN)),
    first("no-public-ingress", INGRESS, "postgres", lambda name: inputs(
        INGRESS, name, cidrIpv6="2000::/3"), "IPv6"),
    first("no-public-ingress", types.SECURITY_GROUP, "router", lambda name: inputs(
        types.SECURITY_GROUP, name, ingress=[{"cidrBlocks": ["52.0.0.0/8"]}]), "inline"),
    Break("no-public-ingress", NLB, inputs(types.BALANCER, "proxies", internal=False)),
    Break("no-public-address", "Instance pg-a", inputs(HOST, "pg-a", associatePublicIpAddress=True)),
    first("no-public-address", types.SUBNET, "eu-west-3-a",
          lambda name: inputs(types.SUBNET, name, mapPublicIpOnLaunch=True)),
    first("no-public-address", HOST, "pg-a", lambda name: inline_way_out("eu-west-3-a"), "inline route"),
    first("no-public-address", NAT, "", lambda name: uses(NAT, name, allocationId=()),
          "address"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, Action="secretsmanager:*"), "action"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, Resource="*"), "resource"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, NotResource="x"), "not"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, Resource=["arn:aws:s3:::*"]), "every bucket"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, Resource="arn:aws:s3:::swapskill-*/*"), "some buckets"),
    first("no-wildcard-iam", types.ROLE_POLICY, "postgres", lambda name: statement(
        types.ROLE_POLICY, name, Resource="arn:aws:secretsmanager:*:*:secret:*"), "every secret"),
    Break("no-wildcard-iam", "UserPolicy all", added(USER_POLICY, "all", policy=EVERYTHING)),
    Break("no-wildcard-iam", "GroupPolicy all", added(GROUP_POLICY, "all", policy=EVERYTHING)),
    Break("no-wildcard-iam", "PolicyAttachment all", added(
        ATTACHED_ANYWHERE, "all", policyArn=ADMINISTRATOR)),
    first("no-wildcard-iam", KEY, "alerts", lambda name: statement(
        KEY, name, Principal="*", Action="kms:Decrypt", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        "TLS alone"),
    first("no-wildcard-iam", KEY, "alerts", lambda name: statement(
        KEY, name, Principal="*", Action="kms:Decrypt",
        Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}), "any account"),
    first("no-wildcard-iam", KEY, "alerts", lambda name: statement(
        KEY, name, Principal="*", Action="kms:Decrypt",
        Condition={"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}), "all but one"),
    first("no-wildcard-iam", types.ROLE, "postgres", lambda name: statement(
        types.ROLE, name, Principal={"AWS": "*"}), "trust"),
    first("no-wildcard-iam", ATTACHED, "postgres", lambda name: inputs(
        ATTACHED, name, policyArn=ADMINISTRATOR), "foreign"),
    first("no-wildcard-iam", types.ROLE, "postgres", lambda name: inputs(
        types.ROLE, name, managedPolicyArns=[ADMINISTRATOR]), "managed"),
    first("no-wildcard-iam", types.ROLE, "postgres", lambda name: inputs(
        types.ROLE, name, inlinePolicies=[{"name": "all", "policy": EVERYTHING}]), "inline"),
    first("no-wildcard-iam", types.BUCKET_POLICY, "wal", lambda name: inputs(
        types.BUCKET_POLICY, name, policy=to_everybody("s3:GetObject")), "everybody"),
    first("no-wildcard-iam", types.TOPIC_POLICY, "eu-west-3", lambda name: inputs(
        types.TOPIC_POLICY, name, policy=to_everybody("sns:Publish")), "everybody"),
    first("no-wildcard-iam", types.TOPIC, "eu-west-3", lambda name: inputs(
        types.TOPIC, name, policy=to_everybody("sns:Publish")), "own policy"),
    first("no-wildcard-iam", KEY, "alerts", lambda name: inputs(
        KEY, name, policy=to_everybody("kms:Decrypt")), "everybody"),
    first("no-wildcard-iam", KEY, "alerts", lambda name: statement(
        KEY, name, Principal={"AWS": "arn:aws:iam::111122223333:role/x"}), "all of a key"),
    Break("imdsv2", "Instance pg-a", inputs(HOST, "pg-a", metadataOptions={"httpTokens": "optional"})),
    Break("imdsv2", "Instance pg-a", inputs(HOST, "pg-a", metadataOptions={
        "httpTokens": "required", "httpPutResponseHopLimit": 2}), why="hops"),
    Break("data-protected", "Volume pg-a", options(types.VOLUME, "pg-a", protect=False)),
    Break("data-protected", "Volume pg-a", options(types.VOLUME, "pg-a", retain_on_delete=False), why="kept"),
    first("data-protected", types.VAULT, "eu-west-3", lambda n: options(types.VAULT, n, protect=False)),
    first("data-protected", types.SECRET, "pg-app",
          lambda name: options(types.SECRET, name, retain_on_delete=False)),
    Break("data-protected", "Instance pg-a", options(HOST, "pg-a", protect=False)),
    Break("data-protected", "Instance pg-a", inputs(HOST, "pg-a", disableApiTermination=False),
          why="termination"),
    Break("data-protected", NLB, inputs(types.BALANCER, "proxies", enableDeletionProtection=False)),
    Break("backed-up", "Volume pg-a", retagged(types.VOLUME, "pg-a", Backup="never")),
    first("backed-up", types.VAULT_LOCK, "eu-west-3", lambda name: gone(types.VAULT_LOCK, name), "unlocked"),
    first("backed-up", types.PLAN, "eu-west-3", lambda name: inputs(
        types.PLAN, name, rules=[{"schedule": "cron(0 3 ? * SUN *)"}]), "weekly"),
    first("keys-rotated", KEY, "volumes", lambda n: inputs(KEY, n, enableKeyRotation=False)),
    first("keys-rotated", KEY, "volumes", lambda n: inputs(KEY, n, rotationPeriodInDays=2560), "seldom"),
    Break("tagged", "Volume pg-a", retagged(types.VOLUME, "pg-a", Owner="")),
    Break("tagged", "Volume data-a", retagged(types.VOLUME, "data-a", ExpiresAt=""), stack="ephemeral"),
    Break("eu-regions", "Volume pg-a", in_region(types.VOLUME, "pg-a", "us-east-1")),
    Break("eu-regions", "Volume pg-a", in_region(types.VOLUME, "pg-a", ""), why="default provider"),
    Break("secrets-hidden", "output password", secret_output),
    Break("secrets-hidden", "Instance pg-a", inputs(HOST, "pg-a", userData="PASSWORD=hunter2x")),
    Break("secrets-hidden", "Instance pg-a", inputs(HOST, "pg-a", userData=Secret("x")), why="marked"),
    first("secrets-hidden", VERSION, "pg-app", lambda name: inputs(VERSION, name, secretString="hunter2")),
)  # fmt: skip
