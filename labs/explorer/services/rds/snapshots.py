"""Snapshots of databases: copied, encrypted, restored from."""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Link,
    Pick,
    Picks,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
    switch_fact,
    tags_of,
    tail,
)
from labs.explorer.saying import state_fact, tags_by
from labs.explorer.services.rds.instances import CLASSES


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("rds", "describe_db_snapshots").get("DBSnapshots", []):
        facts = (
            Fact("Of", one.get("DBInstanceIdentifier", "")),
            state_fact(one.get("Status", ""), good=["available"], label="Status"),
            switch_fact("Encrypted", one.get("Encrypted"), good=True),
            Fact("Kind", one.get("SnapshotType", "manual")),
            Fact("Engine", f"{one.get('Engine', '')} {one.get('EngineVersion', '')}".strip()),
        )
        links = [Link("rds:instance", one["DBInstanceIdentifier"], "Of")] if one.get("DBInstanceIdentifier") else []
        links += [Link("kms:key", tail(one["KmsKeyId"]), "Encrypted with")] if one.get("KmsKeyId") else []
        name = one["DBSnapshotIdentifier"]
        yield Thing(
            name, name, facts, one.get("DBSnapshotArn", ""), one, tags=tags_of(one.get("TagList")), links=tuple(links)
        )


def _copy(v: Values, at: At) -> Iterator[Call]:
    away = bool(v["region"]) and v["region"] != at.region
    yield call(
        "rds",
        "copy_db_snapshot",
        region=v["region"] if away else "",
        SourceDBSnapshotIdentifier=at.thing.arn if away else at.thing.id,
        TargetDBSnapshotIdentifier=v["TargetDBSnapshotIdentifier"],
        KmsKeyId=v["KmsKeyId"],
        SourceRegion=at.region if away else None,
    )


def _restore(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "rds",
        "restore_db_instance_from_db_snapshot",
        DBSnapshotIdentifier=at.thing.id,
        DBInstanceIdentifier=v["DBInstanceIdentifier"],
        DBInstanceClass=v["DBInstanceClass"],
        DBSubnetGroupName=v["DBSubnetGroupName"],
        VpcSecurityGroupIds=v["VpcSecurityGroupIds"] or None,
        MultiAZ=True if v["MultiAZ"] else None,
        PubliclyAccessible=False,
    )


SNAPSHOT = Kind(
    "snapshot",
    "Snapshot",
    "Snapshots",
    things,
    empty="A snapshot is a whole database at one moment. It stays until you delete it; a copy of it can be encrypted.",
    command="aws rds create-db-snapshot --db-instance-identifier db --db-snapshot-identifier before-change",
    actions=(
        Action(
            "create",
            "Create snapshot",
            "rds.create_db_snapshot",
            (
                Pick("DBInstanceIdentifier", "Database", kind="rds:instance", required=True),
                Text("DBSnapshotIdentifier", "Name", required=True),
            ),
            new=True,
        ),
        Action(
            "copy",
            "Copy",
            _copy,
            (
                Text("TargetDBSnapshotIdentifier", "Name of the copy", required=True),
                Pick(
                    "KmsKeyId",
                    "Encrypt with",
                    kind="kms:key",
                    by="arn",
                    free=True,
                    help="Empty: as the snapshot is. This is how a plain database gets encrypted.",
                ),
                Text(
                    "region",
                    "To region",
                    options=("us-east-2", "us-west-2", "eu-west-1", "eu-central-1"),
                    help="Empty: this one.",
                ),
            ),
            verb="Copy",
        ),
        Action(
            "restore",
            "Restore",
            _restore,
            (
                Text("DBInstanceIdentifier", "Name of the new database", required=True),
                Text("DBInstanceClass", "Class", options=CLASSES, help="Empty: as it was."),
                Pick("DBSubnetGroupName", "Subnet group", kind="rds:subnet-group"),
                Picks("VpcSecurityGroupIds", "Security groups", kind="ec2:security-group"),
                Switch("MultiAZ", "Multi-AZ"),
            ),
            verb="Restore",
            about="Makes another database with an address of its own.",
        ),
        tags_by("rds", "add_tags_to_resource", "remove_tags_from_resource", "ResourceName"),
        delete("rds.delete_db_snapshot", "DBSnapshotIdentifier", "Delete the snapshot for good?"),
    ),
)
