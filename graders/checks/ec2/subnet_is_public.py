"""https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types"""

from graders import Account, Fail, check, networks
from graders.network import World, snapshot


@check(permissions=networks.PERMISSIONS)
def subnet_is_public(account: Account, *, subnets: list[str], addresses: bool = False) -> None:
    """Public: {subnets}. Their routes lead to an internet gateway.

    The table that is in force (associated, else the main one) sends the whole internet, IPv4 or IPv6, in one route or
    several, to a gateway that is attached to this VPC. `addresses`: instances get a public address by themselves too.
    """
    world = snapshot(account)
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)
        why = networks.not_public(world, subnet["SubnetId"])
        if why:
            raise Fail(
                "The subnet {subnet} is not public. {why}{near}",
                looked_at="the route table in force for {subnet} ({id}) and the internet gateways",
                needed="A route for 0.0.0.0/0 to the internet gateway of {vpc}, in the table of {subnet}.",
                try_="aws ec2 create-route, or aws ec2 associate-route-table for {subnet}.",
                counterexample="A packet from {subnet} to 8.8.8.8 does not leave by an internet gateway.",
                subnet=name,
                id=subnet["SubnetId"],
                why=networks.said(account, why),
                near=_near_miss(world, subnet["VpcId"], subnet["SubnetId"]),
                vpc=networks.label(account, subnet["VpcId"]),
            )
        if addresses and not subnet.get("MapPublicIpOnLaunch"):
            raise Fail(
                "Instances in {subnet} get no public IPv4 address by themselves.",
                looked_at="the setting MapPublicIpOnLaunch of {subnet} ({id})",
                needed="MapPublicIpOnLaunch is true.",
                try_="aws ec2 modify-subnet-attribute --subnet-id {id} --map-public-ip-on-launch",
                subnet=name,
                id=subnet["SubnetId"],
            )


def _near_miss(world: World, vpc: str, subnet: str) -> str:
    """A good table that stands beside the subnet."""
    used = world.table_of(subnet)
    for table in world.tables.values():
        to = {one.target for one in table.routes if any(net.prefixlen == 0 for net in one.networks)}
        gateways = [world.internet_gateways[one] for one in to if one in world.internet_gateways]
        if table.vpc == vpc and used and table.id != used.id and any(one.vpc == vpc for one in gateways):
            return f" {table.id} has such a route, and is not associated with this subnet."
    return ""
