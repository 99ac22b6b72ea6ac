"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html"""

from typing import Any

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_is_multi_az(account: Account, *, instance: str) -> None:
    """{instance} survives the loss of an Availability Zone (Multi-AZ).

    In force now, not pending. A member of a cluster passes when the cluster has members in two zones.
    """
    found = databases.the_instance(account, instance)
    cluster = databases.the_cluster(account, found)
    if cluster is not None and (cluster.get("MultiAZ") or len(_zones(account, cluster)) > 1):
        return
    wanted = databases.pending(found, "MultiAZ")
    if not found.get("MultiAZ"):
        if wanted:
            raise databases.still_pending(instance, "Multi-AZ", "--multi-az")
        raise _not_so(
            "{instance} runs in one Availability Zone."
            + (
                " A read replica is a copy to read from: it does not take over by itself."
                if found.get("ReadReplicaDBInstanceIdentifiers")
                else ""
            ),
            found,
        )
    if wanted is False:
        raise _not_so("Multi-AZ of {instance} is about to be taken away.", found)
    if len(set(databases.subnets_of(found).values())) == 1:
        raise Fail(
            "The subnet group of {instance} lies in one Availability Zone: there is no place for a standby.",
            looked_at="the DB subnet group of {instance}",
            needed="Subnets in two Availability Zones or more.",
            try_="aws rds modify-db-subnet-group with a subnet of another zone.",
            instance=instance,
        )


def _not_so(said: str, found: dict[str, Any]) -> Fail:
    return Fail(
        said,
        looked_at="the DB instance {instance}",
        needed="A standby in a second Availability Zone (MultiAZ true, nothing pending).",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} --multi-az --apply-immediately",
        counterexample="When {zone} fails, {instance} is gone with it.",
        instance=found["DBInstanceIdentifier"],
        zone=found.get("AvailabilityZone") or "its zone",
    )


def _zones(account: Account, cluster: dict[str, Any]) -> set[str]:
    members = [one["DBInstanceIdentifier"] for one in cluster.get("DBClusterMembers", [])]
    return {str(databases.the_instance(account, name).get("AvailabilityZone")) for name in members}
