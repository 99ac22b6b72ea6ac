"""https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types"""

from graders import Account, Fail, check, networks
from graders.network import snapshot


@check(permissions=networks.PERMISSIONS)
def subnet_is_private(account: Account, *, subnets: list[str], addresses: bool = False) -> None:
    """Private: {subnets}. No route of theirs leads to an internet gateway.

    The table in force (associated, else the main one) sends nothing to an internet gateway that is attached; a NAT or
    an egress-only gateway is fine. `addresses`: instances must not be given public addresses either.
    """
    world = snapshot(account)
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)
        gateway = networks.public_by(world, subnet["SubnetId"])
        if gateway:
            table = world.table_of(subnet["SubnetId"])
            own = table is not None and subnet["SubnetId"] in table.subnets
            raise Fail(
                "The subnet {subnet} is public: {table} routes to the internet gateway {gateway}.{near}",
                looked_at="the route table in force for {subnet} ({id})",
                needed="No route from {subnet} to an internet gateway.",
                try_="Associate {subnet} with a route table of its own (aws ec2 associate-route-table).",
                counterexample="An instance in {subnet} with a public address is reached from the internet.",
                subnet=name,
                id=subnet["SubnetId"],
                table=networks.said(account, table.id if table else "-"),
                gateway=networks.said(account, gateway),
                near="" if own else " That is the main table: the subnet has none of its own.",
            )
        if addresses and subnet.get("MapPublicIpOnLaunch"):
            raise Fail(
                "Instances in {subnet} are given public IPv4 addresses.",
                looked_at="the setting MapPublicIpOnLaunch of {subnet} ({id})",
                needed="MapPublicIpOnLaunch is false.",
                try_="aws ec2 modify-subnet-attribute --subnet-id {id} --no-map-public-ip-on-launch",
                subnet=name,
                id=subnet["SubnetId"],
            )
