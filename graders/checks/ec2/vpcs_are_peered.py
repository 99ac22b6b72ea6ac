"""https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html"""

from graders import Account, Fail, check, networks
from graders.network import World, snapshot
from graders.network.path import Path


@check(permissions=networks.PERMISSIONS)
def vpcs_are_peered(
    account: Account, *, vpc: str, peer: str, port: int = 443, subnets: list[str] | None = None
) -> None:
    """Servers of {vpc} and {peer} reach each other over a VPC peering connection.

    The peering is active, the ranges do not overlap, and routes on both sides lead through it: for each of `subnets`
    (of either VPC), else for one subnet of each. Network ACLs must let `port` and its replies through; groups of single
    servers are another check's (ec2.reaches).
    """
    world = snapshot(account)
    sides = [networks.the(account, networks.VPC, one)["VpcId"] for one in (vpc, peer)]
    values = {"vpc": vpc, "peer": peer}
    if clash := _overlap(world, *sides):
        raise Fail(
            "{vpc} and {peer} overlap: {clash}. No peering can be made between them.",
            looked_at="the CIDR blocks of {vpc} and {peer}",
            needed="Ranges that share no address.",
            try_="Make one of the VPCs anew with another range.",
            clash=clash,
            **values,
        )
    between = [one for one in world.peerings.values() if set(one.vpcs) == set(sides)]
    if not any(one.status == "active" for one in between):
        raise Fail(
            "The peering connection {peering} between {vpc} and {peer} is {status}."
            if between
            else "There is no peering connection between {vpc} and {peer}.{near}",
            looked_at="the VPC peering connections in {region}",
            needed="A peering connection of {vpc} with {peer} that is active.",
            try_="aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id {peering}"
            if between
            else "aws ec2 create-vpc-peering-connection …",
            counterexample="A packet from {vpc} to {peer} goes nowhere.",
            peering=between[-1].id if between else "",
            status=between[-1].status if between else "",
            near=_third(account, world, *sides),
            region=account.region,
            **values,
        )
    ids = {networks.the(account, networks.SUBNET, one)["SubnetId"] for one in subnets or []}
    homes = [networks.subnets_of(world, side) for side in sides]
    wanted = [(here, there) for here in homes[0] for there in homes[1]]
    pairs = [pair for pair in wanted if not ids or set(pair) & ids]
    tried = [(pair, _both_ways(account, world, *pair, port)) for pair in pairs]
    bad = [(pair, path) for pair, path in tried if not path.for_all]
    if not tried or (bad if ids else len(bad) == len(tried)):
        pair, path = min(bad, key=lambda one: len(one[1].blockers)) if bad else (("a subnet", "a subnet"), None)
        raise Fail(
            "{here} and {there} do not reach each other: {why}" if path else "{vpc} or {peer} has no subnet.{why}",
            looked_at="the way from {here} to {there} and back: routes and network ACLs of both sides",
            needed="In the route tables of both sides, a route to the other's range through the peering connection.",
            try_="aws ec2 create-route --vpc-peering-connection-id … in the table that is named.",
            counterexample="A server in {here} asks one in {there} on port {port} and gets no answer." if path else "",
            here=networks.label(account, pair[0]),
            there=networks.label(account, pair[1]),
            port=port,
            why=networks.said(account, path.explanation or " ".join(path.caveats)) if path else "",
            **values,
        )


def _both_ways(account: Account, world: World, here: str, there: str, port: int) -> Path:
    """From a server in `here` to one in `there`, or the way round when only that one is stopped."""
    probed, near = networks.probed(world, here, networks.label(account, here))
    probed, far = networks.probed(probed, there, f"{networks.label(account, there)} beyond")
    path = networks.path(probed, near, far, port)
    return path if not path.for_all else networks.path(probed, far, near, port)


def _overlap(world: World, here: str, there: str) -> str:
    for one in world.vpcs[here].networks:
        for other in world.vpcs[there].networks:
            if one.version == other.version and one.overlaps(other):
                return f"{one} and {other}"
    return ""


def _third(account: Account, world: World, here: str, there: str) -> str:
    """Two peerings by way of a third VPC do not add up to one."""
    active = [set(one.vpcs) for one in world.peerings.values() if one.status == "active"]
    for middle in world.vpcs:
        if {here, middle} in active and {there, middle} in active:
            return f" Both are peered with {networks.label(account, middle)}, but peering is not transitive."
    return ""
