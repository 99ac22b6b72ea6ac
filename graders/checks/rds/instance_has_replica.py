"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html"""

from typing import Any

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_has_replica(account: Account, *, instance: str, replica: str = "", region: str = "") -> None:
    """{instance} has a read replica to read from.

    Named `replica` where that matters, in the `region` where that matters; it must be up and still follow. In an Aurora
    cluster another member is one. A standby (Multi-AZ) cannot be read, and a copy restored from a snapshot stands still.
    """
    found = databases.the_instance(account, instance)
    place = region or account.region
    cluster = databases.the_cluster(account, found)
    readers = [
        one["DBInstanceIdentifier"]
        for one in (cluster or {}).get("DBClusterMembers", [])
        if one["DBInstanceIdentifier"] != found["DBInstanceIdentifier"]
    ]
    there = databases.in_region(account, place)
    mine = [
        one
        for one in there
        if _follows(one, found) or (place == account.region and one["DBInstanceIdentifier"] in readers)
    ]
    fitting = [one for one in mine if replica.lower() in ("", one["DBInstanceIdentifier"])]
    if any(one.get("DBInstanceStatus") == "available" for one in fitting):
        return
    raise Fail(
        _found(fitting, mine, found),
        looked_at="the read replicas of {instance} in {region}",
        needed="A read replica{named} of {instance} in {region}, available.",
        try_="aws rds create-db-instance-read-replica --source-db-instance-identifier {instance} …",
        counterexample="A report that only reads still has to ask {instance} itself.",
        instance=instance,
        region=place,
        named=f" named {replica}" if replica else "",
        others=[one["DBInstanceIdentifier"] for one in mine],
        status=fitting[0].get("DBInstanceStatus") if fitting else "",
        hint=_hint(account, found, there, replica, place),
    )


def _follows(one: dict[str, Any], source: dict[str, Any]) -> bool:
    said = one.get("ReadReplicaSourceDBInstanceIdentifier", "")
    return said in (source["DBInstanceIdentifier"], source["DBInstanceArn"])


def _found(fitting: list[Any], mine: list[Any], source: dict[str, Any]) -> str:
    if fitting:
        return "The read replica {others} of {instance} is {status}, not available."
    if mine:
        return "{instance} has the read replica {others}, under another name.{hint}"
    if source.get("MultiAZ"):
        return "{instance} has no read replica: its standby (Multi-AZ) cannot be read.{hint}"
    return "{instance} has no read replica in {region}.{hint}"


def _hint(account: Account, source: dict[str, Any], there: list[Any], replica: str, place: str) -> str:
    elsewhere = source.get("ReadReplicaDBInstanceIdentifiers", [])
    twin = next((one for one in there if replica and one["DBInstanceIdentifier"] == replica.lower()), None)
    if twin is not None and not _follows(twin, source):
        return f" {replica} is there, but it follows {twin.get('ReadReplicaSourceDBInstanceIdentifier') or 'nothing'}."
    if place != account.region and elsewhere:
        return f" There is {elsewhere[0]}, in {account.region}."
    return ""
