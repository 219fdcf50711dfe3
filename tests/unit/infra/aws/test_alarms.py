"""What nobody would notice raises an alarm: backups that are missing, copies that fail or come late."""

from __future__ import annotations

import pytest

from infra.aws.local.types import ALARM

from .stacks import graph, graph_of, raw

SAID = ("metricName", "comparisonOperator", "threshold", "statistic", "treatMissingData")


def alarms(found, namespace):
    return {item.name: item.inputs for item in found.of(ALARM) if item.inputs.get("namespace") == namespace}


def said(alarm):
    return tuple(alarm[key] for key in SAID)


@pytest.mark.parametrize("stack", ["staging", "production"])
@pytest.mark.parametrize("region", ["eu-west-3", "eu-central-1"])
def test_a_day_without_a_backup_is_an_alarm_even_when_nothing_is_reported(stack, region):
    found = alarms(graph(stack), "AWS/Backup")
    missing = found[f"backup-{region}-missing"]
    assert said(missing) == ("NumberOfBackupJobsCompleted", "LessThanThreshold", 1, "Sum", "breaching")
    assert 24 < missing["period"] * missing["evaluationPeriods"] / 3600 <= 30
    above = ("GreaterThanThreshold", 0, "Sum", "notBreaching")
    assert said(found[f"backup-{region}-failed"]) == ("NumberOfBackupJobsFailed", *above)
    assert said(found[f"backup-{region}-expired"]) == ("NumberOfBackupJobsExpired", *above)


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_snapshots_copy_that_fails_or_is_missing_is_an_alarm_where_copies_are_made(stack):
    found = alarms(graph(stack), "AWS/Backup")
    failed, missing = (found[f"backup-eu-west-3-copy-{label}"] for label in ("failed", "missing"))
    assert said(failed) == ("NumberOfCopyJobsFailed", "GreaterThanThreshold", 0, "Sum", "notBreaching")
    assert said(missing) == ("NumberOfCopyJobsCompleted", "LessThanThreshold", 1, "Sum", "breaching")
    assert missing["dimensions"] == failed["dimensions"] == {"BackupVaultName": f"swapskill-{stack}-daily"}
    assert missing["period"] * missing["evaluationPeriods"] / 3600 == 30
    assert not [name for name in found if name.startswith("backup-eu-central-1-copy")]


def test_a_region_without_data_awaits_no_backup():
    file = raw("production")
    del file["payments"]["dr"]
    file["hosts"] = [host for host in file["hosts"] if host["name"] != "pg-dr"]
    found = alarms(graph_of(file), "AWS/Backup")
    assert "backup-eu-west-3-missing" in found and "backup-eu-central-1-missing" not in found


def test_a_host_that_reports_nothing_calls_the_pager_and_is_not_moved():
    found = alarms(graph("production"), "AWS/EC2")
    hosts = {name.removesuffix("-system") for name in found if name.endswith("-system")}
    assert "pg-a" in hosts and len(hosts) > 10
    for host in hosts:
        system, instance = found[f"{host}-system"], found[f"{host}-instance"]
        assert any(arn.endswith(":ec2:recover") for arn in system["alarmActions"])
        assert not any(arn.endswith(":ec2:recover") for arn in instance["alarmActions"])
        assert (system["treatMissingData"], instance["treatMissingData"]) == ("missing", "breaching")


@pytest.mark.parametrize("purpose", ["wal", "backups", "media"])
def test_a_copy_that_fails_or_is_late_is_an_alarm(purpose):
    found = alarms(graph("production"), "AWS/S3")
    failed, late = (found[f"{purpose}-copy-{label}"] for label in ("failed", "late"))
    assert said(failed)[:3] == ("OperationsFailedReplication", "GreaterThanThreshold", 0)
    assert said(late)[:4] == ("ReplicationLatency", "GreaterThanThreshold", 900, "Maximum")
    where = f"swapskill-production-{purpose}-111122223333"
    wanted = {"SourceBucket": where, "DestinationBucket": f"{where}-copy", "RuleId": "to-dr"}
    assert failed["dimensions"] == late["dimensions"] == wanted
    assert not alarms(graph("ephemeral"), "AWS/S3")
