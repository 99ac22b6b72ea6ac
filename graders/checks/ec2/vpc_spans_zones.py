"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-example-private-subnets-nat.html"""

from graders import Account, Fail, check, networks
from graders.network import World, snapshot


@check(permissions=networks.PERMISSIONS)
def vpc_spans_zones(
    account: Account, *, vpc: str, zones: int = 2, cidr: str = "", public: bool = True, private: bool = True
) -> None:
    """{vpc} has its public and private subnets in several Availability Zones.

    In `zones` or more. Which they are is told by their routes, not their names. Both kinds must lie in the same zones,
    as a public subnet serves the private one beside it. `cidr`: a range that the VPC must have; without `public` or
    `private` that kind is not asked for.
    """
    found = networks.the(account, networks.VPC, vpc)
    world = snapshot(account)
    ranges = [str(one) for one in world.vpcs[found["VpcId"]].networks]
    if cidr and cidr not in ranges:
        raise Fail(
            "{vpc} has the range {ranges}, not {cidr}.",
            looked_at="the CIDR blocks of {vpc} ({id})",
            needed="{vpc} with the CIDR block {cidr}.",
            try_="aws ec2 create-vpc --cidr-block {cidr}: the first range of a VPC cannot be changed.",
            vpc=vpc,
            id=found["VpcId"],
            ranges=ranges,
            cidr=cidr,
        )
    kinds = {"public": public, "private": private}
    homes = {kind: _zones(world, found["VpcId"], kind) for kind, wanted in kinds.items() if wanted}
    for kind, subnets in homes.items():
        if len(subnets) >= zones:
            continue
        raise Fail(
            "{vpc} has {kind} subnets in {count} of the {zones} Availability Zones: {where}.{near}",
            looked_at="the subnets of {vpc} ({id}), and the route tables that are in force for them",
            needed="{kind} subnets in {zones} Availability Zones.",
            try_="aws ec2 create-subnet --availability-zone …, and associate it with the right route table.",
            counterexample="When {lost} fails, {vpc} has no {kind} subnet left." if len(subnets) == 1 else "",
            vpc=vpc,
            id=found["VpcId"],
            kind=kind,
            count=len(subnets),
            zones=zones,
            where=[f"{networks.label(account, one)} in {zone}" for zone, some in subnets.items() for one in some],
            lost=next(iter(subnets), ""),
            near=_near_miss(account, world, found["VpcId"], kind),
        )
    shared = set.intersection(*(set(one) for one in homes.values())) if homes else set()
    if homes and len(shared) < zones:
        raise Fail(
            "The public subnets of {vpc} lie in {public}, the private ones in {private}.",
            looked_at="the Availability Zones of the subnets of {vpc} ({id})",
            needed="A public and a private subnet in each of {zones} Availability Zones.",
            try_="aws ec2 create-subnet --availability-zone … for the zone that lacks one.",
            vpc=vpc,
            id=found["VpcId"],
            zones=zones,
            public=sorted(homes["public"]),
            private=sorted(homes["private"]),
        )


def _zones(world: World, vpc: str, kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for subnet in networks.subnets_of(world, vpc):
        if (not networks.not_public(world, subnet)) if kind == "public" else not networks.public_by(world, subnet):
            found.setdefault(world.subnets[subnet].zone, []).append(subnet)
    return found


def _near_miss(account: Account, world: World, vpc: str, kind: str) -> str:
    """A subnet that has the kind in its name only."""
    good = {one for some in _zones(world, vpc, kind).values() for one in some}
    for subnet in networks.subnets_of(world, vpc):
        name = networks.label(account, subnet)
        if subnet not in good and kind in name.lower():
            return f" {name} is {kind} by its name only: its routes make it the other kind."
    return ""
