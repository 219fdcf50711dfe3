"""EC2, security groups: the groups, and each rule as a resource of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table, first, pairs, specified, tags_of
from infra.aws.local.values import bare

GROUP = Table(
    type="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    create="create_security_group",
    made="",
    id="GroupId",
    find=("describe_security_groups", {"GroupIds": ["{id}"]}),
    found="SecurityGroups",
    delete=("delete_security_group", {"GroupId": "{id}"}),
    fields={"vpcId": "VpcId", "name": "GroupName", "description": "Description"},
    tags=specified("security-group"),
    more=lambda resource: {
        "GroupName": resource.inputs.get("name", resource.name),
        "Description": resource.inputs.get("description", "Managed by Pulumi"),
    },
    after=lambda client, resource, id: _drop_default_egress(client, id),
)


def _drop_default_egress(client: Any, identity: str) -> None:
    """A new group may talk to everybody: the provider takes that rule away, so it is done here too."""
    found = first(client.describe_security_groups(GroupIds=[identity])["SecurityGroups"])
    if found and found["IpPermissionsEgress"]:
        client.revoke_security_group_egress(GroupId=identity, IpPermissions=found["IpPermissionsEgress"])


def _close_default(client: Any, resource: Resource) -> Answer:
    """The provider takes over the group that every VPC has, and empties it."""
    where = [
        {"Name": "vpc-id", "Values": [bare(resource.inputs["vpcId"])]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    found = client.describe_security_groups(Filters=where)["SecurityGroups"][0]
    _drop_default_egress(client, found["GroupId"])
    if found["IpPermissions"]:
        client.revoke_security_group_ingress(GroupId=found["GroupId"], IpPermissions=found["IpPermissions"])
    return Answer(found["GroupId"])


def _default(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    found = first(client.describe_security_groups(GroupIds=[resource.id])["SecurityGroups"])
    if found is None or found["IpPermissions"] or found["IpPermissionsEgress"]:
        return None  # somebody opened it again: it is to be closed once more
    return {"vpcId": found["VpcId"]}


def _permission(inputs: Mapping[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {"IpProtocol": str(inputs.get("ipProtocol", "-1"))}
    if "fromPort" in inputs:
        rule |= {"FromPort": int(inputs["fromPort"]), "ToPort": int(inputs.get("toPort", inputs["fromPort"]))}
    words = {"Description": inputs["description"]} if "description" in inputs else {}
    if "cidrIpv4" in inputs:
        rule["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **words}]
    if "prefixListId" in inputs:
        rule["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"], **words}]
    if "referencedSecurityGroupId" in inputs:
        rule["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **words}]
    return rule


def _authorize(way: str) -> Callable[[Any, Resource], Answer]:
    def create(client: Any, resource: Resource) -> Answer:
        inputs = bare(resource.inputs)
        tags = {"ResourceType": "security-group-rule", "Tags": pairs(resource.tags)}
        made = getattr(client, f"authorize_security_group_{way}")(
            GroupId=inputs["securityGroupId"], IpPermissions=[_permission(inputs)], TagSpecifications=[tags]
        )
        rule = first(made["SecurityGroupRules"])
        # moto gives a rule for a prefix list no id of its own: it is found again by group and list
        found = (
            rule["SecurityGroupRuleId"] if rule else f"{inputs['securityGroupId']}|{inputs['prefixListId']}"
        )
        return Answer(found)

    return create


def _listed(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    """A rule for a prefix list, as its group tells it."""
    group, _, prefixes = resource.id.partition("|")
    found = first(client.describe_security_groups(GroupIds=[group])["SecurityGroups"])
    rules = [*found["IpPermissions"], *found["IpPermissionsEgress"]] if found else []
    mine = [rule for rule in rules if prefixes in (p["PrefixListId"] for p in rule.get("PrefixListIds", ()))]
    if not mine:
        return None
    return {"securityGroupId": group, "fromPort": mine[0].get("FromPort"), "toPort": mine[0].get("ToPort")}


def _rule(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    if "|" in resource.id:
        return _listed(client, resource)
    try:
        told = client.describe_security_group_rules(SecurityGroupRuleIds=[resource.id])
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    found = first(told["SecurityGroupRules"])
    if found is None:
        return None
    fields = {
        "securityGroupId": found.get("GroupId"),
        "ipProtocol": found.get("IpProtocol"),
        "fromPort": found.get("FromPort"),
        "toPort": found.get("ToPort"),
        "cidrIpv4": found.get("CidrIpv4"),
        "referencedSecurityGroupId": found.get("ReferencedGroupInfo", {}).get("GroupId"),
    }
    own = {key: value for key, value in fields.items() if key in resource.inputs}
    return {**own, **({"tags": tags_of(found)} if found.get("Tags") else {})}


def _revoke(way: str) -> Callable[[Any, Resource], None]:
    def delete(client: Any, resource: Resource) -> None:
        group = bare(resource.inputs["securityGroupId"])
        by_id: dict[str, Any] = {"SecurityGroupRuleIds": [resource.id]}
        rule = {"IpPermissions": [_permission(bare(resource.inputs))]} if "|" in resource.id else by_id
        getattr(client, f"revoke_security_group_{way}")(GroupId=group, **rule)

    return delete


KINDS = (
    GROUP.kind(),
    Kind("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "ec2", _close_default, _default,
         lambda client, resource: None),
    Kind("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ec2", _authorize("ingress"), _rule,
         _revoke("ingress")),
    Kind("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "ec2", _authorize("egress"), _rule,
         _revoke("egress")),
)  # fmt: skip
