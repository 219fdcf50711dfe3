"""Which ephemeral stacks have expired: read from the tags of their resources, decided without AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app_core.errors import RefusedError, SwapskillError
from infra.aws.handover import destroy_stack, is_known
from infra.aws.settings import PROJECT, TIME_FORMAT

EPHEMERAL = "ephemeral"
ASKED_FIRST = "eu-west-1"  # a region that no account can switch off
LEAVING = ("PendingDeletion", "PendingReplicaDeletion")  # states of a key


@dataclass(frozen=True)
class Tagged:
    """A resource as its tags tell. started: when a host was started, None for anything else."""

    arn: str
    tags: Mapping[str, str]
    started: datetime | None = None


@dataclass(frozen=True)
class Reapable:
    """A stack that was found. reap: whether it is to be destroyed; why: or why not."""

    stack: str
    resources: int
    expires_at: str
    started_at: str
    reap: bool
    why: str


def judge(found: Iterable[Tagged], now: datetime, older_than: timedelta) -> list[Reapable]:
    """Every stack with a resource of class ephemeral, and whether it has expired. Pure."""
    stacks: dict[str, list[Tagged]] = {}
    for resource in found:
        if resource.tags.get("Project") == PROJECT and resource.tags.get("Stack"):
            stacks.setdefault(resource.tags["Stack"], []).append(resource)
    return [
        _judged(name, resources, now, older_than)
        for name, resources in sorted(stacks.items())
        if any(resource.tags.get("Class") == EPHEMERAL for resource in resources)
    ]


def _judged(name: str, resources: list[Tagged], now: datetime, older_than: timedelta) -> Reapable:
    expiries = sorted({resource.tags.get("ExpiresAt", "") for resource in resources})
    started = min((found.started for found in resources if found.started), default=None)
    why_not = _why_not(name, resources, expiries, now) or _too_young(started, now, older_than)
    return Reapable(
        stack=name,
        resources=len(resources),
        expires_at=expiries[-1],
        started_at=started.astimezone(UTC).strftime(TIME_FORMAT) if started else "",
        reap=why_not is None,
        why=why_not or "expired",
    )


def _why_not(name: str, resources: list[Tagged], expiries: list[str], now: datetime) -> str | None:
    """The latest expiry counts: a run that renews a stack changes the tags one by one."""
    if name.partition("-")[0] != EPHEMERAL:
        return "its name is not that of an ephemeral stack"
    if {resource.tags.get("Class") for resource in resources} != {EPHEMERAL}:
        return "some of its resources are of another class"
    try:
        ends = [datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC) for text in expiries]
    except ValueError:
        return "a resource has no readable tag ExpiresAt"
    return None if max(ends) <= now else f"it expires at {expiries[-1]}"


def _too_young(started: datetime | None, now: datetime, older_than: timedelta) -> str | None:
    if started is None or now - started >= older_than:
        return None
    return f"its first host started {(now - started).total_seconds() / 3600:.1f} h ago"


def find_tagged(client: Callable[[str, str], Any], regions: Iterable[str]) -> list[Tagged]:
    """Every resource of the project in those of these regions that are enabled in the account.

    RefusedError when AWS does not answer, as without credentials.
    """
    # botocore has no stubs; these are two classes of errors
    from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

    try:
        return [tagged for region in _enabled(client, regions) for tagged in _in_region(client, region)]
    except (BotoCoreError, ClientError) as error:
        raise RefusedError(
            "AWS cannot be asked", why=str(error), hint="aws sts get-caller-identity"
        ) from None


def _enabled(client: Callable[[str, str], Any], regions: Iterable[str]) -> list[str]:
    """An account must opt in to some regions; one that it did not opt in to refuses its credentials."""
    told = client("ec2", ASKED_FIRST).describe_regions()["Regions"]
    enabled = {str(item["RegionName"]) for item in told}
    return [region for region in regions if region in enabled]


def _in_region(client: Callable[[str, str], Any], region: str) -> list[Tagged]:
    started = _starts(client("ec2", region))
    pages = client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    wanted = [{"Key": "Project", "Values": [PROJECT]}]
    return [
        Tagged(arn, {tag["Key"]: tag["Value"] for tag in item["Tags"]}, started.get(arn.rpartition("/")[2]))
        for page in pages.paginate(TagFilters=wanted)
        for item in page["ResourceTagMappingList"]
        for arn in [str(item["ResourceARN"])]
        if not _gone(arn, started, client("kms", region))
    ]


def _gone(arn: str, started: Mapping[str, datetime], kms: Any) -> bool:
    """Whether AWS still lists what is destroyed: a terminated host, a key that waits for its end."""
    service, kind = arn.split(":")[2], arn.split(":")[5]
    if service == "ec2" and kind.startswith("instance/"):
        return arn.rpartition("/")[2] not in started
    if service == "kms" and kind.startswith("key/"):
        return str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]) in LEAVING
    return False


def _starts(ec2: Any) -> dict[str, datetime]:
    """Instance id -> when it was started; without those that are gone."""
    pages = ec2.get_paginator("describe_instances").paginate()
    return {
        str(instance["InstanceId"]): instance["LaunchTime"]
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    }


def destroy_all(cli: str, doomed: Iterable[Reapable], say: Callable[[str], object]) -> None:
    """Destroy one stack after the other. SwapskillError at the end, when some are still there, names them."""
    failed: list[str] = []
    for item in doomed:
        try:
            _destroy(cli, item, say)
        except SwapskillError as error:
            say(str(error))
            failed.append(item.stack)
    if failed:
        raise SwapskillError("stacks are not destroyed", on=", ".join(failed), hint="read the output above")


def _destroy(cli: str, item: Reapable, say: Callable[[str], object]) -> None:
    if is_known(cli, item.stack):
        say(f"destroying {item.stack}")
        destroy_stack(cli, item.stack)
    elif item.started_at:
        # not destroyed, but kept in another backend: what runs costs money, and somebody must know
        raise SwapskillError("a stack is not in this backend, and its hosts run", on=item.stack,
                             hint="pulumi login to the backend that has it")  # fmt: skip
    else:
        say(f"{item.stack} is destroyed already: AWS still lists what is about to go")
