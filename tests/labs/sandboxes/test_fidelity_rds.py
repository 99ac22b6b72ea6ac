"""What AWS does with databases, and moto does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes import keys
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.tool import Refused

HOUR = 3600
WEEK = 7 * 24 * HOUR


def forward(box: Any, seconds: float) -> None:
    """Move the sandbox's time forward, as the platform does."""
    box.learner.seq += 1
    body = json.dumps({"seconds": seconds}).encode()
    key = keys.mint_access_key(box.spec.number, keys.START_SERIAL)
    at = box.learner.at + box.learner.seq
    box.send(CellRequest("POST", "skylab-time", "us-east-1", "/", "", [], body, key, at, box.learner.seq))


def create(box: Any, name: str = "db", **more: Any) -> dict[str, Any]:
    given = {
        "DBInstanceClass": "db.t3.micro",
        "Engine": "mysql",
        "MasterUsername": "admin",
        "MasterUserPassword": "correct-horse",
        "AllocatedStorage": 20,
        **more,
    }
    made: dict[str, Any] = box("rds", "CreateDBInstance", DBInstanceIdentifier=name, **given)["DBInstance"]
    return made


def look(box: Any, name: str = "db") -> dict[str, Any]:
    one: dict[str, Any] = box("rds", "DescribeDBInstances", DBInstanceIdentifier=name)["DBInstances"][0]
    return one


def change(box: Any, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = box("rds", "ModifyDBInstance", DBInstanceIdentifier="db", **changes)["DBInstance"]
    return made


def test_states_are_shown_as_they_pass(box: Any) -> None:
    assert create(box)["DBInstanceStatus"] == "creating"
    for operation, passed, final in (
        ("RebootDBInstance", "rebooting", "available"),
        ("StopDBInstance", "stopping", "stopped"),
        ("StartDBInstance", "starting", "available"),
    ):
        answer = box("rds", operation, DBInstanceIdentifier="db")["DBInstance"]
        assert (answer["DBInstanceStatus"], look(box)["DBInstanceStatus"]) == (passed, final)


def test_a_change_waits_for_the_maintenance_window(box: Any) -> None:
    create(box, PreferredMaintenanceWindow="sun:03:00-sun:04:00")
    asked = change(box, MultiAZ=True, AllocatedStorage=50, DeletionProtection=True)
    assert asked["PendingModifiedValues"] == {"MultiAZ": True, "AllocatedStorage": 50}
    found = look(box)
    assert (found["MultiAZ"], found["AllocatedStorage"], found["DeletionProtection"]) == (False, 20, True)
    forward(box, HOUR)
    assert look(box)["MultiAZ"] is False
    forward(box, WEEK)
    found = look(box)
    assert (found["MultiAZ"], found["AllocatedStorage"], found.get("PendingModifiedValues", {})) == (True, 50, {})
    assert found["SecondaryAvailabilityZone"]


def test_a_change_at_once_takes_along_what_waits(box: Any) -> None:
    create(box)
    change(box, DBInstanceClass="db.t3.small")
    assert look(box)["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small"}
    change(box, MultiAZ=True, ApplyImmediately=True)
    found = look(box)
    assert (found["DBInstanceClass"], found["MultiAZ"]) == ("db.t3.small", True)
    assert not found.get("PendingModifiedValues")


def test_taking_it_back_leaves_nothing_to_wait_for(box: Any) -> None:
    create(box)
    change(box, MultiAZ=True)
    change(box, MultiAZ=False)
    assert not look(box).get("PendingModifiedValues")
    forward(box, WEEK)
    assert look(box)["MultiAZ"] is False


def test_backups_are_kept_longer_at_once_and_begun_later(box: Any) -> None:
    create(box, BackupRetentionPeriod=1)
    change(box, BackupRetentionPeriod=7)
    assert look(box)["BackupRetentionPeriod"] == 7
    change(box, BackupRetentionPeriod=0)
    assert look(box)["BackupRetentionPeriod"] == 7
    assert look(box)["PendingModifiedValues"] == {"BackupRetentionPeriod": 0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Engine": "mongodb"}, "InvalidParameterValue.*mongodb"),
        ({"EngineVersion": "99.9"}, "InvalidParameterCombination: Cannot find version 99.9 for mysql"),
        ({"Engine": "postgres", "EngineVersion": "9.1.2"}, "Cannot find version 9.1.2 for postgres"),
        ({"DBInstanceClass": "db.t9.micro"}, "InvalidParameterValue: Invalid DB Instance class: db.t9.micro"),
    ],
)
def test_what_there_never_was_is_refused(box: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        create(box, **changed)
    create(box, EngineVersion="8.0")


def subnets(box: Any, zones: str) -> tuple[str, list[str]]:
    vpc = box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        box("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.0.{at}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for at, zone in enumerate(zones)
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in made]


def test_a_subnet_group_covers_two_zones_and_its_instances_are_in_them(box: Any) -> None:
    _, one = subnets(box, "aa")
    given = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d"}
    with pytest.raises(Refused, match=r"DBSubnetGroupDoesNotCoverEnoughAZs.*Current AZ coverage: us-east-1a"):
        box("rds", "CreateDBSubnetGroup", SubnetIds=one, **given)
    vpc, two = subnets(box, "cd")
    box("rds", "CreateDBSubnetGroup", SubnetIds=two, **given)
    create(box, DBSubnetGroupName="g", MultiAZ=True)
    found = look(box)
    assert [found["AvailabilityZone"], found["SecondaryAvailabilityZone"]] == ["us-east-1c", "us-east-1d"]
    group = found["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    assert box("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["VpcId"] == vpc


def test_a_point_in_time_is_restored_from_backups_only(box: Any) -> None:
    create(box, BackupRetentionPeriod=7, MultiAZ=True)
    create(box, "none", BackupRetentionPeriod=0)
    latest = {"UseLatestRestorableTime": True}
    with pytest.raises(Refused, match="PointInTimeRestoreNotEnabled"):
        box(
            "rds",
            "RestoreDBInstanceToPointInTime",
            SourceDBInstanceIdentifier="none",
            TargetDBInstanceIdentifier="x",
            **latest,
        )
    given = {"SourceDBInstanceIdentifier": "db", "TargetDBInstanceIdentifier": "again"}
    with pytest.raises(Refused, match="InvalidRestoreFault"):
        box("rds", "RestoreDBInstanceToPointInTime", RestoreTime=1_700_000_000, **given)
    assert (
        box("rds", "RestoreDBInstanceToPointInTime", **given, **latest)["DBInstance"]["DBInstanceStatus"] == "creating"
    )
    found = look(box, "again")
    assert (found["DBInstanceStatus"], found["MultiAZ"]) == ("available", False)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in found
    assert found["Endpoint"]["Address"].startswith("again.")
    assert found["DbiResourceId"] != look(box)["DbiResourceId"]
