"""RDS instances, their clusters, parameters, snapshots and places in the network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, is_absence, read_or_none
from graders.check import Fail
from graders.network.world import LOCAL, Address, Eni, World

PERMISSIONS = ("rds:DescribeDBInstances", "rds:DescribeDBClusters")


def the_instance(account: Account, name: str) -> dict[str, Any]:
    """describe_db_instances' entry; fails when there is none, with the nearest name or the region that has it."""
    found = _instances(account, account.region)
    if name.lower() in found:  # RDS keeps identifiers in lower case
        return found[name.lower()]
    hint = nearby.almost(name, found) or nearby.elsewhere(account, lambda region: name in _instances(account, region))
    raise Fail(
        "The DB instance {instance} does not exist.{hint}",
        looked_at="the DB instances in {region}",
        needed="A DB instance named {instance} in {region}.",
        try_="aws rds create-db-instance --db-instance-identifier {instance} …",
        instance=name,
        hint=hint,
        region=account.region,
    )


def in_region(account: Account, region: str) -> list[dict[str, Any]]:
    """Every instance of a region."""
    return list(_instances(account, region).values())


def others(account: Account, name: str) -> list[dict[str, Any]]:
    """Every other instance of the region: where a near miss is looked for."""
    return [one for key, one in _instances(account, account.region).items() if key != name.lower()]


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
        "{what} of {instance} is pending until the maintenance window; use --apply-immediately.",
        looked_at="the DB instance {instance} and its pending changes",
        needed="The change in force, not only asked for.",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} {option} --apply-immediately",
        what=what,
        instance=name,
        option=option,
    )


def parameters(account: Account, group: str, *, cluster: bool = False) -> dict[str, str]:
    """name -> value of a parameter group; {} for one that cannot be read (the sandbox's default groups)."""
    operation, key = ("describe_db_parameters", "DBParameterGroupName")
    if cluster:
        operation, key = ("describe_db_cluster_parameters", "DBClusterParameterGroupName")
    try:
        answer = account.read("rds", operation, **{key: group})
    except ClientError as error:
        if is_absence(error):
            return {}
        raise
    return {one["ParameterName"]: str(one["ParameterValue"]) for one in answer["Parameters"] if "ParameterValue" in one}


def port_of(instance: dict[str, Any]) -> int:
    """The port that it listens on."""
    return int(instance.get("Endpoint", {}).get("Port") or instance.get("DbInstancePort") or 0)


def subnets_of(instance: dict[str, Any]) -> dict[str, str]:
    """subnet -> zone of the instance's subnet group; {} for one without."""
    group = instance.get("DBSubnetGroup") or {}
    return {
        one["SubnetIdentifier"]: one.get("SubnetAvailabilityZone", {}).get("Name", "")
        for one in group.get("Subnets", [])
    }


def groups_of(instance: dict[str, Any]) -> list[str]:
    """The ids of its VPC security groups; those that are being taken away no longer count."""
    worn = instance.get("VpcSecurityGroups", [])
    return [one["VpcSecurityGroupId"] for one in worn if one.get("Status", "active") in ("active", "adding")]


def interfaces(world: World, owner: str, subnets: Iterable[str], groups: Iterable[str], *, public: str = "") -> World:
    """The world with an interface in each subnet that wears the groups: where a service would put its own.

    The sandbox makes none; on AWS theirs do not say whose they are. `public`: the address that they have outside.
    """
    worn = tuple(groups)
    made = []
    used = {one.private for eni in world.enis.values() for one in eni.addresses}
    for name in sorted(set(subnets) & set(world.subnets)):
        home = next((one for one in world.subnets[name].networks if one.version == 4), None)
        if home is not None:
            # An address that nobody has: who comes from one is a member of its owner's groups.
            last = (str(home[-number]) for number in range(3, home.num_addresses - 3))
            address = Address(next((one for one in last if one not in used), str(home[-3])), public)
            made.append(Eni(f"{owner}/{name}", name, (address,), groups=worn, owner=owner))
    return world.plus(*made)


def placed(world: World, instance: dict[str, Any]) -> tuple[World, list[str]]:
    """The world with the instance's interfaces, and their ids. A public one has an address outside."""
    name = instance["DBInstanceIdentifier"]
    public = "198.51.100.250" if instance.get("PubliclyAccessible") else ""
    after = interfaces(world, name, subnets_of(instance), groups_of(instance), public=public)
    return after, [one for one in after.enis if one.startswith(f"{name}/")]


def gateway_route(world: World, subnet: str) -> str:
    """The internet gateway that the subnet's default route leads to, or ""."""
    table = world.table_of(subnet) if subnet in world.subnets else None
    for route in table.routes if table else ():
        if route.target.startswith("igw-") and route.target != LOCAL and route.active:
            return route.target
    return ""


def snapshots(account: Account, region: str | None = None) -> list[dict[str, Any]]:
    """Snapshots of instances and of clusters in one shape: id, source, kind, status, encrypted, cluster."""
    answer = account.read("rds", "describe_db_snapshots", region=region)
    found = [_snapshot(one, "DBSnapshotIdentifier", "DBInstanceIdentifier") for one in answer.get("DBSnapshots", [])]
    answer = account.read("rds", "describe_db_cluster_snapshots", region=region)
    found += [
        _snapshot(one, "DBClusterSnapshotIdentifier", "DBClusterIdentifier")
        for one in answer.get("DBClusterSnapshots", [])
    ]
    return found


def _snapshot(item: dict[str, Any], name: str, source: str) -> dict[str, Any]:
    return {
        "id": item[name],
        "source": item.get(source, ""),
        "kind": item.get("SnapshotType", "manual"),
        "status": item.get("Status", ""),
        "encrypted": bool(item.get("Encrypted") or item.get("StorageEncrypted")),
        "cluster": name.startswith("DBCluster"),
    }


def _instances(account: Account, region: str) -> dict[str, dict[str, Any]]:
    answer = account.read("rds", "describe_db_instances", region=region)
    return {item["DBInstanceIdentifier"]: item for item in answer.get("DBInstances", [])}
