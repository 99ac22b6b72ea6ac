"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html#USER_VPC.Subnets"""

from graders import Account, Fail, check, databases
from graders.network import snapshot
from graders.network.snapshot import PERMISSIONS


@check(permissions=[*databases.PERMISSIONS, *PERMISSIONS])
def instance_in_private_subnets(account: Account, *, instance: str, zones: int = 2) -> None:
    """{instance} lives in private subnets of more than one Availability Zone.

    Of `zones` or more. Private: no route of the subnet's table leads to an internet gateway. Every subnet of the DB
    subnet group counts, for RDS may move the instance to any of them. A way out through a NAT gateway does no harm.
    """
    found = databases.the_instance(account, instance)
    subnets = databases.subnets_of(found)
    group = (found.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", "")
    world = snapshot(account)
    doors = {one: gateway for one in subnets if (gateway := databases.gateway_route(world, one))}
    # The sandbox's zones of a subnet group are those of EC2; the subnet's own say the same on AWS.
    there = {world.subnets[one].zone if one in world.subnets else zone for one, zone in subnets.items()}
    if subnets and not doors and len(there) >= zones:
        return
    if not subnets:
        said = "{instance} is in no DB subnet group of yours."
    elif doors:
        said = "The subnet {subnet} of {group} is public: its routes lead to {gateway}."
        if not found.get("PubliclyAccessible"):
            said += " That {instance} has no public address does not make its subnet private."
    else:
        said = "The subnets of {group} lie in {there}, in too few Availability Zones."
    raise Fail(
        said,
        looked_at="the DB subnet group of {instance} and the routes of its subnets",
        needed="Private subnets in {zones} Availability Zones or more.",
        try_="aws rds modify-db-subnet-group --db-subnet-group-name {group} --subnet-ids …"
        if subnets
        else "aws rds create-db-subnet-group with private subnets, and the instance made in it",
        instance=instance,
        group=group,
        zones=zones,
        subnet=next(iter(doors), ""),
        gateway=next(iter(doors.values()), ""),
        there=sorted(there),
    )
