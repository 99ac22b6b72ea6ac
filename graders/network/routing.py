"""Route tables: which way the packets of a subnet go."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from graders.network.addresses import Addresses
from graders.network.path import Sieve
from graders.network.world import LOCAL, Route, World

NO_ROUTE, DEAD, ELSEWHERE = "NO_ROUTE_TO_DESTINATION", "BAD_STATE_ROUTE", "CANNOT_ROUTE"


@dataclass(frozen=True)
class Way:
    """Some destinations and the route that takes them; None where the table has none for them."""

    table: str
    route: Route | None
    those: Addresses

    @property
    def target(self) -> str:
        return self.route.target if self.route else ""


def ways(world: World, subnet: str, those: Addresses) -> list[Way]:
    """The destinations split by the route that takes them: the longest prefix wins, whatever its state.

    Between equals the local route wins, then a route by CIDR, by prefix list, by propagation.
    https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
    """
    table = world.table_of(subnet)
    name = table.id if table else subnet
    local = Route(world.vpcs[world.subnets[subnet].vpc].networks, LOCAL, rank=-1)
    flat = [
        (-network.prefixlen, route.rank, number, route, network)
        for number, route in enumerate((local, *(table.routes if table else ())))
        for network in route.networks
        if network.version == those.version
    ]
    left = those
    taken: dict[int, tuple[Route, Addresses]] = {}
    for _, _, number, route, network in sorted(flat, key=lambda one: one[:3]):
        part = left & Addresses.of(those.version, [network])
        if part:
            taken[number] = (route, taken[number][1] | part if number in taken else part)
            left = left - part
            if not left:
                break
    found = [Way(name, route, part) for route, part in taken.values()]
    return [*found, Way(name, None, left)] if left else found


def is_dead(world: World, route: Route, vpc: str) -> str:
    """Why the route is a blackhole, or "": its state says so, or its target is gone, detached or not working.

    https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
    """
    target = route.target
    shelf = _shelf(world, target)
    if shelf is not None and target not in shelf:
        return f"{target} does not exist any more"
    gateway = world.internet_gateways.get(target) or world.egress_only_gateways.get(target)
    if gateway is not None and gateway.vpc != vpc:
        return f"{target} is not attached to {vpc}"
    nat = world.nat_gateways.get(target)
    if nat is not None and nat.state != "available":
        return f"{target} is {nat.state}"
    peering = world.peerings.get(target)
    if peering is not None and peering.status != "active":
        return f"{target} is {peering.status}, not active"
    endpoint = world.endpoints.get(target)
    if endpoint is not None and endpoint.state.lower() != "available":
        return f"{target} is {endpoint.state}"
    return "" if route.active else f"its state is blackhole ({target})"


def _shelf(world: World, target: str) -> Container[str] | None:
    kinds: dict[str, Container[str]] = {
        "igw": world.internet_gateways,
        "eigw": world.egress_only_gateways,
        "nat": world.nat_gateways,
        "pcx": world.peerings,
        "eni": world.enis,
        "i": world.instances,
        "vpce": world.endpoints,
    }
    return kinds.get(target.partition("-")[0])


def back_sieve(world: World, subnet: str, those: Addresses, gateway: str, *, who: str) -> Sieve:
    """Whom the subnet's routes send replies to through the internet gateway: what makes a subnet public.

    `gateway` is "" where none is attached.
    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
    """
    found = ways(world, subnet, those)
    allowed, astray = Addresses(those.version), []
    for way in found:
        # No client sends from an AWS service behind a gateway endpoint, nor from the VPC's own range.
        endpoint = world.endpoints.get(way.target)
        aside = way.target == LOCAL or (endpoint is not None and endpoint.kind == "Gateway")
        through = bool(gateway) and way.target == gateway and not refusal(world, subnet, way, who)[0]
        if aside or through:
            allowed = allowed | way.those
        else:
            astray.append(way)
    wrong = max(astray, key=lambda one: one.those.size, default=found[0])
    code, why = refusal(world, subnet, wrong, who)
    if not code:
        code, why = ELSEWHERE, _detour(world, wrong, gateway)
    return Sieve(found[0].table, code, allowed, f"Sends {who} to {gateway}.", why)


def _detour(world: World, way: Way, gateway: str) -> str:
    kind = "a NAT gateway" if way.target in world.nat_gateways else "an egress-only gateway"
    known = way.target in world.nat_gateways or way.target in world.egress_only_gateways
    reason = f", and {kind} lets no connection in" if known else ""
    return f"{way.route} goes to {way.target}{reason}: route it to {gateway or 'an internet gateway'}."


def refusal(world: World, subnet: str, way: Way, who: str) -> tuple[str, str]:
    """The code and sentence of a way that leads nowhere at all; ("", "") when its route is alive."""
    vpc = world.subnets[subnet].vpc
    if way.route is None:
        return NO_ROUTE, f"{way.table} of {subnet} has no route for {who}: add one."
    dead = is_dead(world, way.route, vpc)
    if dead:
        return DEAD, f"The route {way.route} is a blackhole, {dead}: mend it, or route elsewhere."
    return "", ""
