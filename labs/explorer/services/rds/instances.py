"""Database instances. A change is kept for the maintenance window unless it is to hold at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Pairs,
    Pick,
    Picks,
    Switch,
    Text,
    Thing,
    Values,
    call,
    switch_fact,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import changed, if_on, properties, state_fact, tags_by

ENGINES = (
    ("mysql", "MySQL"),
    ("postgres", "PostgreSQL"),
    ("mariadb", "MariaDB"),
    ("aurora-mysql", "Aurora MySQL (in a cluster)"),
    ("aurora-postgresql", "Aurora PostgreSQL (in a cluster)"),
    ("sqlserver-ex", "SQL Server Express"),
    ("oracle-se2", "Oracle SE2"),
)
CLASSES = (
    "db.t3.micro",
    "db.t3.small",
    "db.t3.medium",
    "db.t4g.micro",
    "db.t4g.medium",
    "db.m5.large",
    "db.m6g.large",
    "db.r5.large",
    "db.r6g.large",
    "db.serverless",
)
STORAGE = ("gp3", "gp2", "io1", "io2")
FIELDS = (
    "AllocatedStorage",
    "DBInstanceClass",
    "BackupRetentionPeriod",
    "MultiAZ",
    "PubliclyAccessible",
    "DeletionProtection",
    "EngineVersion",
    "MaxAllocatedStorage",
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("rds", "describe_db_instances").get("DBInstances", []):
        days = one.get("BackupRetentionPeriod", 0)
        facts = (
            Fact("Engine", f"{one.get('Engine', '')} {one.get('EngineVersion', '')}".strip()),
            state_fact(one.get("DBInstanceStatus", ""), good=["available"], bad=["failed"], label="Status"),
            switch_fact("Multi-AZ", one.get("MultiAZ"), good=True),
            Fact("Backups", f"{days} days", "good" if days else "bad"),
            switch_fact("Public", one.get("PubliclyAccessible"), good=False),
            switch_fact("Encrypted", one.get("StorageEncrypted"), good=True),
            switch_fact("Deletion protection", one.get("DeletionProtection"), good=True),
        )
        name = one["DBInstanceIdentifier"]
        yield Thing(
            name,
            name,
            facts,
            one.get("DBInstanceArn", ""),
            one,
            tags=tags_of(one.get("TagList")),
            links=tuple(_links(one)),
        )


def _links(one: dict[str, Any]) -> Iterator[Link]:
    for group in one.get("VpcSecurityGroups", []):
        yield Link("ec2:security-group", group["VpcSecurityGroupId"], "Guarded by")
    if name := one.get("DBSubnetGroup", {}).get("DBSubnetGroupName"):
        yield Link("rds:subnet-group", name, "In")
    for group in one.get("DBParameterGroups", []):
        yield Link("rds:parameter-group", group["DBParameterGroupName"], "Set up by")
    if one.get("DBClusterIdentifier"):
        yield Link("rds:cluster", one["DBClusterIdentifier"], "Member of")
    for replica in one.get("ReadReplicaDBInstanceIdentifiers", []):
        yield Link("rds:instance", replica, "Read replica")
    if one.get("ReadReplicaSourceDBInstanceIdentifier"):
        yield Link("rds:instance", tail(one["ReadReplicaSourceDBInstanceIdentifier"]), "Replica of")
    if one.get("KmsKeyId"):
        yield Link("kms:key", tail(one["KmsKeyId"]), "Encrypted with")
    if secret := one.get("MasterUserSecret", {}).get("SecretArn"):
        yield Link("secretsmanager:secret", secret, "Password in", tail(secret))


def _detail(account: Account, it: Thing) -> Thing:
    one = it.data
    end = one.get("Endpoint", {})
    facts = (
        *it.facts,
        Fact("Endpoint", f"{end['Address']}:{end.get('Port', '')}" if end.get("Address") else "not yet"),
        Fact("Storage", f"{one.get('AllocatedStorage', '?')} GiB {one.get('StorageType', '')}"),
        *properties(
            one,
            ("DBInstanceClass", "Class"),
            "AvailabilityZone",
            ("SecondaryAvailabilityZone", "Standby in"),
            ("MasterUsername", "Master user"),
            "DBName",
            ("MaxAllocatedStorage", "Grows up to"),
            "PreferredBackupWindow",
            "PreferredMaintenanceWindow",
            "CACertificateIdentifier",
            ("IAMDatabaseAuthenticationEnabled", "IAM sign-in"),
            ("PendingModifiedValues", "Waiting for the maintenance window"),
            ("InstanceCreateTime", "Created"),
        ),
    )
    return replace(it, properties=facts)


def _create_fields(account: Account, at: At) -> tuple[Any, ...]:
    aurora = ("Engine", "aurora-mysql", "aurora-postgresql")
    alone = ("Engine", *(value for value, _ in ENGINES if not value.startswith("aurora")))
    return (
        Text("DBInstanceIdentifier", "Name", required=True, help="Letters, digits and hyphens."),
        Choice("Engine", "Engine", ENGINES, initial="mysql", required=True),
        Text("EngineVersion", "Version", help="Empty: the usual one."),
        Text("DBInstanceClass", "Class", initial="db.t3.micro", options=CLASSES, required=True),
        Pick(
            "DBClusterIdentifier",
            "In cluster",
            kind="rds:cluster",
            required=True,
            when=aurora,
            help="Storage, password and backups are the cluster's.",
        ),
        Number("AllocatedStorage", "Storage", initial=20, least=20, most=65_536, unit="GiB", required=True, when=alone),
        Choice("StorageType", "of type", STORAGE, initial="gp3", when=alone),
        Text("MasterUsername", "Master user", initial="admin", required=True, when=alone),
        Choice(
            "kept",
            "Password",
            (("managed", "RDS keeps it in Secrets Manager, and changes it"), ("typed", "as typed here")),
            initial="managed",
            required=True,
            when=alone,
        ),
        Text(
            "MasterUserPassword",
            "Master password",
            required=True,
            when=("kept", "typed"),
            help="At least eight characters.",
        ),
        Text("DBName", "Database in it", when=alone, help="Made at first start. Empty: none."),
        Switch(
            "MultiAZ",
            "Multi-AZ",
            when=alone,
            help="A standby in another zone takes over by itself when this one is lost.",
        ),
        Pick(
            "DBSubnetGroupName",
            "Subnet group",
            kind="rds:subnet-group",
            when=alone,
            help="Empty: that of the default VPC.",
        ),
        Picks("VpcSecurityGroupIds", "Security groups", kind="ec2:security-group", when=alone),
        Switch(
            "PubliclyAccessible", "Public", help="Gets an address that the internet can reach. Seldom what one wants."
        ),
        Number(
            "BackupRetentionPeriod",
            "Backups kept for",
            initial=7,
            least=0,
            most=35,
            unit="days",
            when=alone,
            help="0: no automated backups, and no way back.",
        ),
        Switch(
            "StorageEncrypted", "Encrypt", initial=True, when=alone, help="Only now: it cannot be switched on later."
        ),
        Pick(
            "KmsKeyId",
            "KMS key",
            kind="kms:key",
            by="arn",
            free=True,
            when=if_on("StorageEncrypted"),
            help="Empty: AWS's own (aws/rds).",
        ),
        Switch("DeletionProtection", "Deletion protection", when=alone),
        Switch("EnableIAMDatabaseAuthentication", "Sign in by IAM", when=alone),
        Pick(
            "DBParameterGroupName", "Parameter group", kind="rds:parameter-group", help="Empty: the engine's default."
        ),
        Pairs("tags", "Tags"),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    plain = (
        "DBInstanceIdentifier",
        "Engine",
        "EngineVersion",
        "DBInstanceClass",
        "DBClusterIdentifier",
        "AllocatedStorage",
        "StorageType",
        "MasterUsername",
        "MasterUserPassword",
        "DBName",
        "DBSubnetGroupName",
        "BackupRetentionPeriod",
        "KmsKeyId",
        "DBParameterGroupName",
    )
    switches = ("MultiAZ", "StorageEncrypted", "DeletionProtection", "EnableIAMDatabaseAuthentication")
    wanted: dict[str, Any] = {name: v[name] for name in plain}
    wanted |= {name: v[name] or None for name in switches}
    wanted["PubliclyAccessible"] = v["PubliclyAccessible"]
    wanted["ManageMasterUserPassword"] = True if v["kept"] == "managed" else None
    wanted["VpcSecurityGroupIds"] = v["VpcSecurityGroupIds"] or None
    yield call("rds", "create_db_instance", **wanted, Tags=tag_list(v["tags"]))


def _modify(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, *FIELDS, "MasterUserPassword", "DBParameterGroupName")
    before = [one["VpcSecurityGroupId"] for one in at.thing.data.get("VpcSecurityGroups", [])]
    if v["VpcSecurityGroupIds"] and set(v["VpcSecurityGroupIds"]) != set(before):
        found["VpcSecurityGroupIds"] = v["VpcSecurityGroupIds"]
    if found:
        yield call(
            "rds",
            "modify_db_instance",
            DBInstanceIdentifier=at.thing.id,
            **found,
            ApplyImmediately=v["ApplyImmediately"],
        )


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    groups = [one["VpcSecurityGroupId"] for one in data.get("VpcSecurityGroups", [])]
    own = next((one["DBParameterGroupName"] for one in data.get("DBParameterGroups", [])), "")
    return {
        **{name: data.get(name) for name in FIELDS},
        "VpcSecurityGroupIds": groups,
        "DBParameterGroupName": own,
        "ApplyImmediately": True,
    }


def _delete(v: Values, at: At) -> Iterator[Call]:
    last = v["FinalDBSnapshotIdentifier"]
    yield call(
        "rds",
        "delete_db_instance",
        DBInstanceIdentifier=at.thing.id,
        SkipFinalSnapshot=last is None,
        FinalDBSnapshotIdentifier=last,
    )


def _replica(v: Values, at: At) -> Iterator[Call]:
    away = bool(v["region"]) and v["region"] != at.region
    source = at.thing.arn if away else at.thing.id
    yield call(
        "rds",
        "create_db_instance_read_replica",
        region=v["region"] if away else "",
        DBInstanceIdentifier=v["DBInstanceIdentifier"],
        SourceDBInstanceIdentifier=source,
        DBInstanceClass=v["DBInstanceClass"],
        PubliclyAccessible=False,
        KmsKeyId=v["KmsKeyId"] if away else None,
    )


def _restore(v: Values, at: At) -> Iterator[Call]:
    time = v["RestoreTime"]
    yield call(
        "rds",
        "restore_db_instance_to_point_in_time",
        SourceDBInstanceIdentifier=at.thing.id,
        TargetDBInstanceIdentifier=v["TargetDBInstanceIdentifier"],
        RestoreTime=time,
        UseLatestRestorableTime=None if time else True,
    )


def _is(*states: str) -> Any:
    return lambda it: bool(it.data) and it.data.get("DBInstanceStatus") in states


INSTANCE = Kind(
    "instance",
    "Database",
    "Databases",
    things,
    detail=_detail,
    empty="A database that AWS looks after: backups, patches and, with Multi-AZ, a standby in another zone that takes over.",
    command=(
        "aws rds create-db-instance --db-instance-identifier db --engine mysql --db-instance-class "
        "db.t3.micro --allocated-storage 20 --master-username admin --manage-master-user-password"
    ),
    actions=(
        Action("create", "Create database", _create, _create_fields, new=True),
        Action(
            "modify",
            "Modify",
            _modify,
            (
                Switch("MultiAZ", "Multi-AZ"),
                Number("BackupRetentionPeriod", "Backups kept for", least=0, most=35, unit="days"),
                Switch("PubliclyAccessible", "Public"),
                Switch("DeletionProtection", "Deletion protection"),
                Text("DBInstanceClass", "Class", options=CLASSES),
                Number(
                    "AllocatedStorage",
                    "Storage",
                    least=20,
                    most=65_536,
                    unit="GiB",
                    help="It can grow, and never shrink.",
                ),
                Number("MaxAllocatedStorage", "Let it grow up to", least=20, most=65_536, unit="GiB"),
                Text("EngineVersion", "Version"),
                Picks("VpcSecurityGroupIds", "Security groups", kind="ec2:security-group"),
                Pick("DBParameterGroupName", "Parameter group", kind="rds:parameter-group", free=True),
                Text("MasterUserPassword", "New master password"),
                Switch(
                    "ApplyImmediately",
                    "At once",
                    initial=True,
                    help="Off: in the maintenance window, and the database shows what waits.",
                ),
            ),
            _now,
            about="Only what you change is sent. Some changes restart the database.",
        ),
        Action(
            "reboot",
            "Reboot",
            lambda v, at: [
                call(
                    "rds",
                    "reboot_db_instance",
                    DBInstanceIdentifier=at.thing.id,
                    ForceFailover=True if v["ForceFailover"] else None,
                )
            ],
            (Switch("ForceFailover", "By failover", help="The standby takes over. Only with Multi-AZ."),),
            danger="Connections break for a moment.",
            verb="Reboot",
            when=_is("available"),
        ),
        Action(
            "stop",
            "Stop",
            "rds.stop_db_instance",
            thing="DBInstanceIdentifier",
            danger="Stop it? AWS starts it again after seven days.",
            verb="Stop",
            when=_is("available"),
        ),
        Action(
            "start", "Start", "rds.start_db_instance", thing="DBInstanceIdentifier", verb="Start", when=_is("stopped")
        ),
        Action(
            "snapshot",
            "Create snapshot",
            "rds.create_db_snapshot",
            (Text("DBSnapshotIdentifier", "Name", required=True),),
            thing="DBInstanceIdentifier",
        ),
        Action(
            "replica",
            "Create read replica",
            _replica,
            (
                Text("DBInstanceIdentifier", "Name", required=True),
                Text(
                    "region",
                    "In region",
                    options=("us-east-2", "us-west-2", "eu-west-1", "eu-central-1"),
                    help="Empty: this one.",
                ),
                Text("DBInstanceClass", "Class", options=CLASSES, help="Empty: as this one."),
                Text("KmsKeyId", "KMS key there", help="For an encrypted database in another region."),
            ),
            about="Needs automated backups. Reads go there; it can become a database of its own.",
        ),
        Action(
            "promote",
            "Promote",
            "rds.promote_read_replica",
            thing="DBInstanceIdentifier",
            danger="It becomes a database of its own and follows no longer.",
            verb="Promote",
            when=lambda it: bool((it.data or {}).get("ReadReplicaSourceDBInstanceIdentifier")),
        ),
        Action(
            "restore",
            "Restore to a moment",
            _restore,
            (
                Text("TargetDBInstanceIdentifier", "New name", required=True),
                Text("RestoreTime", "Moment", placeholder="2030-01-31T12:00:00Z", help="Empty: the latest."),
            ),
            verb="Restore",
            about="Makes another database beside this one: point your programs at its address.",
        ),
        tags_by("rds", "add_tags_to_resource", "remove_tags_from_resource", "ResourceName"),
        Action(
            "delete",
            "Delete",
            _delete,
            (Text("FinalDBSnapshotIdentifier", "Last snapshot", help="Its name. Empty: none is taken."),),
            danger="Delete the database with its automated backups? Deletion protection must be off.",
            verb="Delete",
        ),
    ),
)
