"""An RDS instance, for the checks that look at one."""

from __future__ import annotations

from typing import Any

from graders import nearby
from graders.account import Account, read_or_none
from graders.check import Fail

PERMISSIONS = ("rds:DescribeDBInstances", "rds:DescribeDBClusters")


def the_instance(account: Account, name: str) -> dict[str, Any]:
    """describe_db_instances' entry; fails when there is none, with the nearest name or the region that has it."""
    found = _instances(account, account.region)
    if name.lower() in found:  # RDS keeps identifiers in lower case
        return found[name.lower()]
    hint = nearby.almost(name, found) or nearby.elsewhere(account, lambda region: name in _instances(account, region))
    raise Fail(
        f"The DB instance {name} does not exist.{hint}",
        looked_at=f"the DB instances in {account.region}",
        needed=f"A DB instance named {name} in {account.region}.",
        try_=f"aws rds create-db-instance --db-instance-identifier {name} …",
    )


def the_cluster(account: Account, instance: dict[str, Any]) -> dict[str, Any] | None:
    """The Aurora or Multi-AZ cluster that the instance is a member of; it then decides many settings."""
    name = instance.get("DBClusterIdentifier")
    if not name:
        return None
    answer = read_or_none(
        account, "DBClusterNotFoundFault", "rds", "describe_db_clusters", DBClusterIdentifier=str(name)
    )
    return next(iter(answer["DBClusters"]), None) if answer else None


def pending(instance: dict[str, Any], setting: str) -> Any:
    """The value that a change waits to give to `setting`, or None.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html
    """
    return instance.get("PendingModifiedValues", {}).get(setting)


def still_pending(name: str, what: str, option: str) -> Fail:
    """A change that was asked for and has not happened."""
    return Fail(
        f"{what} of {name} is pending until the maintenance window; use --apply-immediately.",
        looked_at=f"the DB instance {name} and its pending changes",
        needed="The change in force, not only asked for.",
        try_=f"aws rds modify-db-instance --db-instance-identifier {name} {option} --apply-immediately",
    )


def _instances(account: Account, region: str) -> dict[str, dict[str, Any]]:
    answer = account.read("rds", "describe_db_instances", region=region)
    return {item["DBInstanceIdentifier"]: item for item in answer.get("DBInstances", [])}
