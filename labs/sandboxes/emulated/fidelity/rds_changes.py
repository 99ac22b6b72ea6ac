"""RDS: changes that wait for the maintenance window, states that are passed through, and what AWS would not make.

States are immediate: CreateDBInstance answers "creating" and RebootDBInstance "rebooting", as AWS does, and whoever looks
next sees what a waiter waits for. What waits does so until the instance's window on the sandbox's own clock.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.moto_api._internal import mock_random
from moto.rds.models import DBInstance, RDSBackend, rds_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before

# What waits where ApplyImmediately does not say otherwise: moto's name, and how PendingModifiedValues shows it.
_WAITS: Final = {
    "allocated_storage": "AllocatedStorage",
    "backup_retention_period": "BackupRetentionPeriod",
    "ca_certificate_identifier": "CACertificateIdentifier",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "iops": "Iops",
    "license_model": "LicenseModel",
    "multi_az": "MultiAZ",
    "storage_type": "StorageType",
}
_PASSED: Final = {
    "CreateDBInstance": "creating",
    "CreateDBInstanceReadReplica": "creating",
    "RestoreDBInstanceFromDBSnapshot": "creating",
    "RestoreDBInstanceToPointInTime": "creating",
    "RebootDBInstance": "rebooting",
    "StartDBInstance": "starting",
    "StopDBInstance": "stopping",
}
_DEFAULTS: Final = {"mysql": "8.0.42", "mariadb": "11.4.5", "postgres": "17.4"}
# Versions that there are or were; of other engines any is taken.
_VERSIONS: Final = {
    "mysql": re.compile(r"5\.7(\.(3[789]|4[0-4]))?|8\.0(\.(2[89]|3\d|4\d))?|8\.4(\.\d)?"),
    "mariadb": re.compile(r"10\.(4|5|6|11)(\.\d{1,2})?|11\.(4|8)(\.\d{1,2})?"),
    "postgres": re.compile(r"(1[1-8])(\.\d{1,2})?"),
}
_CLASS: Final = re.compile(
    r"db\.(t2|t3|t4g|[mr](4|5|5b|5d|6g|6gd|6i|6id|7g|7i|8g)|r3|m3|x1|x1e|x2g|x2iedn|x2idn|x2iezn|z1d|serverless)"
    r"(\.(micro|small|medium|large|\d*xlarge|metal))?(\.tpc\d\.mem\dx)?"
)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def install() -> None:
    """Let moto's databases wait, and be in the network that they were asked for."""
    DBInstance.default_engine_versions = {**DBInstance.default_engine_versions, **_DEFAULTS}
    DBInstance.pending_modified_values = property(_pending)
    create, change = RDSBackend.create_db_instance, RDSBackend.modify_db_instance
    restore = RDSBackend.restore_db_instance_to_point_in_time

    def create_in_its_network(self: Any, db_kwargs: dict[str, Any]) -> Any:
        group = self.subnet_groups.get(str(db_kwargs.get("db_subnet_group_name") or "").lower())
        if group is not None and not db_kwargs.get("db_cluster_identifier"):
            zones = sorted({each.availability_zone for each in group._subnets})
            db_kwargs.setdefault("availability_zone", zones[0] if zones else None)
            if not db_kwargs.get("vpc_security_group_ids"):
                db_kwargs["vpc_security_group_ids"] = _default_groups(self, group)
        made = create(self, db_kwargs)
        made.dbi_resource_id = f"db-{mock_random.get_random_string(length=26, include_digits=True).upper()}"
        return made

    def change_now_or_later(self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> Any:
        database = self.describe_db_instances(db_instance_identifier)[0]
        waiting = database.__dict__.setdefault("waiting", {})
        if str(db_kwargs.get("apply_immediately", "")).lower() == "true":
            db_kwargs = {**waiting, **db_kwargs}
            waiting.clear()
        else:
            for name in [
                each for each in _WAITS if db_kwargs.get(each) is not None and _waits(database, each, db_kwargs)
            ]:
                value = db_kwargs.pop(name)
                waiting.pop(name, None)
                if value != getattr(database, name):
                    waiting[name] = value
                    database.__dict__["waiting_since"] = timeline.now()
        return change(self, db_instance_identifier, db_kwargs)

    def restore_as_a_new_one(self: Any, source: str, target: str, overrides: dict[str, Any]) -> Any:
        made = restore(self, source, target, overrides)
        made.source_db_instance_identifier, made.is_replica, made.replicas = None, False, []
        made.multi_az = bool(overrides.get("multi_az"))
        for left in ("waiting", "standby_zone"):
            made.__dict__.pop(left, None)
        return made

    RDSBackend.create_db_instance, RDSBackend.modify_db_instance = create_in_its_network, change_now_or_later
    RDSBackend.restore_db_instance_to_point_in_time = restore_as_a_new_one
    timeline.source(_due, _maintain)


def _default_groups(backend: Any, group: Any) -> list[str]:
    from moto.ec2.models import ec2_backends

    found = ec2_backends[backend.account_id][backend.region_name].get_security_group_from_name("default", group.vpc_id)
    return [found.id] if found else []


def _waits(database: Any, name: str, wanted: dict[str, Any]) -> bool:
    if name == "backup_retention_period":  # only to and from none at all; the rest is done at once
        return not (int(wanted[name]) and int(database.backup_retention_period))
    return not hasattr(database, "cluster") or name in ("db_instance_class", "ca_certificate_identifier")


def _pending(database: Any) -> dict[str, Any]:
    return {_WAITS[name]: value for name, value in database.__dict__.get("waiting", {}).items()}


def _all() -> Iterator[tuple[Any, Any]]:
    for account in sorted(rds_backends):
        for _, backend in sorted(dict.items(rds_backends[account])):
            for database in list(backend.databases.values()):
                yield backend, database


def _due(since: float) -> float | None:
    moments = [
        _window(str(database.preferred_maintenance_window), database.__dict__["waiting_since"])
        for _, database in _all()
        if database.__dict__.get("waiting")
    ]
    return max(since, min(moments)) if moments else None


def _maintain(at: float) -> None:
    for backend, database in _all():
        if database.__dict__.get("waiting"):
            begins = _window(str(database.preferred_maintenance_window), database.__dict__["waiting_since"])
            if begins <= at:
                backend.modify_db_instance(database.db_instance_identifier, {"apply_immediately": True})


def _window(text: str, after: float) -> float:
    """Return when the window ("wed:06:38-wed:07:08", UTC) begins next after a moment."""
    day, hour, minute = text.partition("-")[0].split(":")
    now = datetime.fromtimestamp(after, UTC)
    begins = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    begins += timedelta(days=(_DAYS.index(day[:3]) - now.weekday()) % 7)
    return (begins if begins > now else begins + timedelta(days=7)).timestamp()


@before("rds", "CreateDBInstance", "ModifyDBInstance")
def only_what_aws_makes(call: Call) -> None:
    """Refuse an engine's version and an instance class that there never was."""
    given = call.parameters
    engine = str(given.get("Engine") or _engine(call))
    version, kind = str(given.get("EngineVersion") or ""), str(given.get("DBInstanceClass") or "")
    known = _VERSIONS.get(engine)
    if version and known and not known.fullmatch(version):
        raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for {engine}", 400)
    if kind and not _CLASS.fullmatch(kind):
        raise AwsError("InvalidParameterValue", f"Invalid DB Instance class: {kind}", 400)


def _engine(call: Call) -> str:
    name = str(call.parameters.get("DBInstanceIdentifier", "")).lower()
    database = rds_backends[call.account_id][call.region].databases.get(name)
    return str(database.engine) if database else ""


@before("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def a_group_covers_two_zones(call: Call) -> None:
    """Refuse subnets of one zone: API_CreateDBSubnetGroup."""
    from moto.ec2.models import ec2_backends

    wanted = set(call.parameters.get("SubnetIds") or [])
    found = [
        subnet
        for subnets in ec2_backends[call.account_id][call.region].subnets.values()
        for subnet in subnets.values()
        if subnet.id in wanted
    ]
    zones = sorted({each.availability_zone for each in found})
    if len(found) == len(wanted) and len(zones) < 2:
        message = (
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(zones)}. Add subnets to cover at least 2 AZs."
        )
        raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message, 400)


@before("rds", "RestoreDBInstanceToPointInTime")
def only_what_was_kept_is_restored(call: Call) -> None:
    """Refuse to restore what keeps no backups, or to a time that they do not reach."""
    given = call.parameters
    name = str(given.get("SourceDBInstanceIdentifier", "")).lower()
    database = rds_backends[call.account_id][call.region].databases.get(name)
    if database is None:
        return  # moto says so
    if not int(database.backup_retention_period or 0):
        message = f"Point in time restore is not enabled for the DB instance {name}: its backup retention period is 0."
        raise AwsError("PointInTimeRestoreNotEnabled", message, 400)
    asked = given.get("RestoreTime")
    if not asked and str(given.get("UseLatestRestorableTime", "")).lower() != "true":
        raise AwsError("InvalidParameterCombination", "Specify either RestoreTime or UseLatestRestorableTime.", 400)
    if isinstance(asked, datetime):
        moment = (asked if asked.tzinfo else asked.replace(tzinfo=UTC)).timestamp()
        created = database.instance_create_time
        born = (created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp()
        if not born <= moment <= timeline.now():
            message = "The specified instance cannot be restored to a time outside of its backup retention window."
            raise AwsError("InvalidRestoreFault", message, 400)


@after("rds", *_PASSED)
def the_answer_shows_what_is_passed_through(call: Call, answer: Answer) -> None:
    """Show the state that the instance is in while AWS does what was asked."""
    said = f"<DBInstanceStatus>{_PASSED[call.operation.name]}</DBInstanceStatus>".encode()
    answer.body = re.sub(rb"<DBInstanceStatus>[^<]*</DBInstanceStatus>", said, answer.body, count=1)
