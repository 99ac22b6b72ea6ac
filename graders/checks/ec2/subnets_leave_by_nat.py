"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html"""

from graders import Account, Fail, check, networks
from graders.network import World, snapshot
from graders.network.path import Path


@check(permissions=networks.PERMISSIONS)
def subnets_leave_by_nat(account: Account, *, subnets: list[str], per_zone: bool = False) -> None:
    """Servers in the private subnets {subnets} reach the internet through NAT.

    A server there without a public address opens a connection to tcp 443 outside and gets the reply: by a NAT gateway
    with an Elastic IP in a public subnet, or by a NAT instance. `per_zone`: each zone by a NAT gateway of its own zone.
    """
    world = snapshot(account)
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)["SubnetId"]
        gateway = networks.public_by(world, subnet)
        probed, server = networks.probed(world, subnet, name)
        path = networks.path(probed, server, "0.0.0.0/0", 443)
        values = {"subnet": name, "id": subnet, "server": server}
        if gateway:
            raise Fail(
                "{subnet} is routed to the internet gateway {gateway}, not to NAT: it is a public subnet.",
                looked_at="the route table in force for {subnet} ({id})",
                needed="The default route of {subnet} leads to a NAT gateway.",
                try_="aws ec2 replace-route --destination-cidr-block 0.0.0.0/0 --nat-gateway-id …",
                counterexample="{server} without a public address gets no reply from the internet.",
                gateway=networks.said(account, gateway),
                **values,
            )
        if not path.for_all:
            raise Fail(
                "{server} does not reach the internet: {why}{near}",
                looked_at="the way from {subnet} ({id}) to the internet and back, the NAT gateway's subnet included",
                needed="A default route to a NAT gateway that works: available, with an Elastic IP, in a public subnet.",
                try_="Mend what is named first, then check again.",
                counterexample="{server} opens a connection to 8.8.8.8, port 443, and gets no reply.",
                why=networks.said(account, path.explanation or " ".join(path.caveats)),
                near=_near_miss(world, path, subnet),
                **values,
            )
        nat = next((world.nat_gateways[one] for one in path.via if one in world.nat_gateways), None)
        if per_zone and (nat is None or world.subnets[nat.subnet].zone != world.subnets[subnet].zone):
            raise Fail(
                "{subnet} in {zone} leaves by {nat} in {other}: when that zone fails, it is cut off.",
                looked_at="the NAT gateway on the way out of {subnet} ({id})",
                needed="{subnet} leaves by a NAT gateway in {zone}.",
                try_="aws ec2 create-nat-gateway in the public subnet of {zone}, and a route table for {subnet}.",
                zone=world.subnets[subnet].zone,
                nat=nat.id if nat else "a NAT instance",
                other=world.subnets[nat.subnet].zone if nat else "-",
                **values,
            )


def _near_miss(world: World, path: Path, subnet: str) -> str:
    """A NAT gateway in a private subnet, or one that no route names."""
    nats = [one for one in world.nat_gateways.values() if world.subnets[one.subnet].vpc == world.subnets[subnet].vpc]
    for nat in nats:
        if nat.id in path.via and not networks.public_by(world, nat.subnet):
            return f" The NAT gateway {nat.id} stands in a private subnet: it belongs into a public one."
    if nats and not any(one.id in path.via or one.id in path.explanation for one in nats):
        return f" The NAT gateway {nats[0].id} is there, and no route of this subnet leads to it."
    return ""
