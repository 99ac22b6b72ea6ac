"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html"""

from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check, databases
from graders.account import error_code
from graders.probe import acting


@check(permissions=[*databases.PERMISSIONS, "rds:RebootDBInstance"], acts=True)
def failover_keeps_endpoint(account: Account, *, instance: str) -> None:
    """{instance} goes on in another zone, under the same address, when its own fails: it was tried.

    In a copy of the account, by a reboot with failover.
    """
    probe = acting(account)
    before = databases.the_instance(probe, instance)
    rds = probe.client("rds")
    try:
        rds.reboot_db_instance(DBInstanceIdentifier=instance, ForceFailover=True)
    except ClientError as error:
        if error_code(error) not in ("InvalidParameterCombination", "InvalidDBInstanceState"):
            raise
        raise _fail(
            "{instance} cannot fail over: {why}.", before, why=error.response["Error"]["Message"].rstrip(".")
        ) from error
    after = rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]
    if after.get("AvailabilityZone") == before.get("AvailabilityZone"):
        raise _fail("After a failover {instance} is still in {zone}.", before)
    if after.get("Endpoint", {}).get("Address") != before.get("Endpoint", {}).get("Address"):
        raise _fail("After a failover {instance} has another address: {why}.", before, why=after.get("Endpoint"))


def _fail(said: str, instance: dict[str, Any], **values: Any) -> Fail:
    replicas = instance.get("ReadReplicaDBInstanceIdentifiers")
    pending = databases.pending(instance, "MultiAZ")
    hint = " A read replica is a copy to read from: it does not take over by itself." if replicas else ""
    hint += " Multi-AZ is asked for, and waits for the maintenance window." if pending else ""
    return Fail(
        said + hint,
        looked_at="{instance} after a reboot with failover, in a copy of the account",
        needed="A standby in another zone that takes over: Multi-AZ, in force.",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} --multi-az --apply-immediately",
        counterexample="{zone} fails: {instance} is gone until somebody restores it.",
        instance=instance["DBInstanceIdentifier"],
        zone=instance.get("AvailabilityZone"),
        **{"why": "", **values},
    )
