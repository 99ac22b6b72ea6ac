"""reachable(): resolves both ends, tries every way between them, gives the best with all that stops it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graders.network import cidrs
from graders.network.addresses import INTERNET, Addresses
from graders.network.balancers import balance, routes_to
from graders.network.legs import Probe
from graders.network.path import Path, Trail
from graders.network.routing import ELSEWHERE
from graders.network.world import Address, Endpoint, Eni, LoadBalancer, UnknownResource, World, addresses_of

INTERNET_WORD = "internet"


@dataclass(frozen=True)
class Outside:
    """Addresses beyond the account, one set a version; `internet`: all of it."""

    sets: tuple[Addresses, ...]
    internet: bool = False

    def trail(self, those: Addresses) -> Trail:
        return Trail(those, internet=self.internet)


@dataclass(frozen=True)
class Inside:
    """Interfaces; with `address` only that address of theirs."""

    enis: tuple[Eni, ...]
    address: str = ""

    def ends(self, version: int) -> Iterator[tuple[Eni, str]]:
        """(interface, own address) of the version."""
        for eni in self.enis:
            public = {one.private: one.public for one in eni.addresses}
            for own in addresses_of(eni, version):
                if self.address in ("", own, public.get(own)):
                    yield eni, own

    def public_ends(self) -> Iterator[tuple[Eni, Address]]:
        for eni in self.enis:
            known = [one for one in eni.addresses if self.address in ("", one.public, one.private)]
            public = [one for one in known if one.public]
            for one in public or known[:1]:
                yield eni, one


@dataclass(frozen=True)
class Service:
    """An AWS service by its full name (com.amazonaws.REGION.s3); `endpoint`: only through that one."""

    name: str
    endpoint: Endpoint | None = None


Place = Outside | Inside | LoadBalancer | Service


def reachable(
    world: World, source: str, target: str, port: int, protocol: str = "tcp", *, balanced: bool = True
) -> Path:
    """Whether `source` opens a connection to `port` of `target`: the path, or the nearest one with all its blockers.

    Ends: "internet" ("0.0.0.0/0" or "::/0" for one IP version), an address or an outside CIDR, the id (or Name) of an
    instance, the id of an interface or of a security group (whoever wears it), a load balancer (ARN, name or DNS name),
    as target also a service ("s3", "com.amazonaws.us-east-1.sqs") or an endpoint id. `port` is the ICMP type for "icmp"
    and "icmpv6" (8: echo), and means nothing for other protocols without ports. Several interfaces or addresses: any
    that works is enough. Inside, interfaces meet by their own addresses; name a public address to go
    around by the internet. `balanced=False` leaves aside the ways through load balancers.
    Raises UnknownResource for an id that the world does not hold, ValueError when both ends are outside.
    """
    here, there = resolve(world, source), resolve(world, target)
    if isinstance(here, Service):
        raise ValueError(f"{source} is a service: services open no connections")
    if isinstance(here, LoadBalancer):
        here = Inside(world.enis_of(here.id))
    probe = Probe(world, protocol, port)
    trails = list(_trails(probe, here, there, balanced=balanced))
    if not trails:
        raise ValueError(f"{source} and {target} have no addresses of the same IP version")
    trails.sort(key=lambda one: (one.blocked, len(one.caveats)))
    paths = [one.path(source, target, port, protocol) for one in trails]
    return replace(paths[0], others=tuple(paths[1:]))


def _trails(probe: Probe, here: Outside | Inside, there: Place, *, balanced: bool) -> Iterator[Trail]:
    match here, there:
        case Outside(), Inside():
            yield from _from_outside(probe, here, there)
        case Outside(), LoadBalancer():
            for those in _spoken(probe.world, here, there):
                yield _outside_to_balancer(probe, here, those, there)
        case Inside(), Inside():
            yield from _inside(probe, here, there)
        case Inside(), Outside():
            yield from _to_outside(probe, here, there)
        case Inside(), LoadBalancer():
            yield from _inside_to_balancer(probe, here, there)
        case Inside(), Service():
            yield from _to_service(probe, here, there)
        case _:
            raise ValueError("both ends are outside the account")
    if balanced and isinstance(there, Inside):
        yield from _behind(probe, here, there)


def _from_outside(probe: Probe, here: Outside, there: Inside) -> Iterator[Trail]:
    for those in here.sets:
        if those.version == 4:
            for eni, address in there.public_ends():
                trail = here.trail(those)
                probe.inbound(trail, eni, address.public)
                yield trail
        else:
            for eni, own in there.ends(6):
                trail = here.trail(those)
                probe.inbound(trail, eni, own)
                yield trail


def _to_outside(probe: Probe, here: Inside, there: Outside) -> Iterator[Trail]:
    for those in there.sets:
        for eni in here.enis:
            if addresses_of(eni, those.version):
                trail = there.trail(those)
                probe.outbound(trail, eni)
                yield trail


def _inside(probe: Probe, here: Inside, there: Inside) -> Iterator[Trail]:
    public = next(
        (one for eni in there.enis for one in eni.addresses if there.address and one.public == there.address), None
    )
    if public is not None:
        for eni in here.enis:
            yield _around(probe, eni, there.enis[0], public.public)
        return
    for version in (4, 6):
        for source, near in here.ends(version):
            for target, far in there.ends(version):
                trail = Trail(Addresses.one(far))
                probe.between(trail, source, target, near, far)
                yield trail


def _around(probe: Probe, source: Eni, target: Eni, public: str) -> Trail:
    """Out to a public address and in again: the target sees a public address, so no group reference matches."""
    out = Trail(Addresses.one(public))
    probe.outbound(out, source)
    back = Trail(out.seen_as) if out.seen_as is not None else Trail.from_internet(4)
    probe.inbound(back, target, public)
    out.absorb(back)
    out.seen_as = back.outside
    return out


def _spoken(world: World, here: Outside, there: LoadBalancer) -> list[Addresses]:
    """The client's addresses of the IP versions that the balancer speaks; all, where it speaks none of them."""
    dual = any(eni.v6 for eni in world.enis_of(there.id))
    return [one for one in here.sets if one.version == 4 or dual] or list(here.sets)


def _outside_to_balancer(probe: Probe, here: Outside, those: Addresses, there: LoadBalancer, **only: Any) -> Trail:
    def to_node(probe: Probe, node: Eni) -> Trail:
        trail = here.trail(those)
        public = next((one.public for one in node.addresses), "") if those.version == 4 else next(iter(node.v6), "")
        if those.version == 6 and not public:
            trail.block(there.id, ELSEWHERE, f"{there.name} has no IPv6 address: make it dualstack.")
        probe.inbound(trail, node, public)
        return trail

    return balance(probe, there, to_node, **only)


def _inside_to_balancer(probe: Probe, here: Inside, there: LoadBalancer, **only: Any) -> Iterator[Trail]:
    """The name of an internet-facing load balancer means its public addresses, from inside the VPC too.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
    """
    for eni in here.enis:

        def to_node(probe: Probe, node: Eni, eni: Eni = eni) -> Trail:
            if not there.internal:
                return _around(probe, eni, node, node.addresses[0].public)
            near, far = next(iter(addresses_of(eni, 4)), "0.0.0.0"), node.addresses[0].private  # noqa: S104
            trail = Trail(Addresses.one(far))
            probe.between(trail, eni, node, near, far)
            trail.seen_as = Addresses.one(near)
            return trail

        yield balance(probe, there, to_node, **only)


def _behind(probe: Probe, here: Outside | Inside, there: Inside) -> Iterator[Trail]:
    """The ways through load balancers that have the target behind them on that port."""
    for balancer, listener in routes_to(probe.world, there.enis, probe.port, probe.protocol):
        front = replace(probe, port=listener.port)
        only = {"only": there.enis, "port": probe.port}
        if isinstance(here, Outside):
            for those in _spoken(probe.world, here, balancer):
                yield _outside_to_balancer(front, here, those, balancer, **only)
        elif not {eni.owner for eni in here.enis} & {balancer.id}:
            yield from _inside_to_balancer(front, here, balancer, **only)


def _to_service(probe: Probe, here: Inside, there: Service) -> Iterator[Trail]:
    """By an interface endpoint whose private DNS takes the name, else by the routes: gateway endpoint, NAT, gateway.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    world = probe.world
    for eni in here.enis:
        own = [one for one in world.endpoints.values() if one.vpc == world.vpc_of(eni) and one.service == there.name]
        doors = [one for one in own if one.kind != "Gateway" and one.private_dns]
        if there.endpoint is not None:
            doors = [there.endpoint] if there.endpoint.kind != "Gateway" else []
        for endpoint in doors:
            for door in (world.enis[one] for one in endpoint.enis if one in world.enis):
                near, far = next(iter(addresses_of(eni, 4)), "0.0.0.0"), door.addresses[0].private  # noqa: S104
                trail = Trail(Addresses.one(far))
                trail.via.append(endpoint.id)
                probe.between(trail, eni, door, near, far)
                yield trail
        if not doors:
            known = [net for one in world.prefix_lists.values() if one.name == there.name for net in one.networks]
            trail = Trail(Addresses.of(4, known)) if known else Trail.from_internet(4)
            probe.outbound(trail, eni)
            gate = there.endpoint
            if gate is not None and gate.id not in trail.via:
                table = world.table_of(eni.subnet)
                name = table.id if table else eni.subnet
                trail.block(gate.id, ELSEWHERE, f"{name} has no route to {gate.id}: associate the table with it.")
            yield trail


def resolve(world: World, text: str) -> Place:
    """What a name, an id or an address of reachable() stands for. Raises UnknownResource."""
    if text == INTERNET_WORD:
        return Outside((INTERNET[4], INTERNET[6]), internet=True)
    if text in world.enis:
        return Inside((world.enis[text],))
    if text in world.groups:
        wearers = tuple(one for one in world.enis.values() if text in one.groups)
        return Inside(wearers) if wearers else _nowhere(f"No interface wears {world.label(text)}.")
    instance = world.instances.get(text) or next((one for one in world.instances.values() if one.name == text), None)
    if instance is not None:
        enis = world.enis_of(instance.id)
        return Inside(enis) if enis else _nowhere(f"{text} has no network interface ({instance.state}).")
    for balancer in world.balancers.values():
        if text in (balancer.id, balancer.name, balancer.dns):
            return balancer
    if text in world.endpoints:
        return Service(world.endpoints[text].service, world.endpoints[text])
    service = _service(world, text)
    return Service(service) if service else _address(world, text)


def _service(world: World, text: str) -> str:
    full = text if text.startswith("com.amazonaws.") else f"com.amazonaws.{world.region}.{text}"
    known = {one.service for one in world.endpoints.values()} | {one.name for one in world.prefix_lists.values()}
    gateways = {f"com.amazonaws.{world.region}.{one}" for one in ("s3", "dynamodb")}
    return full if full == text or full in known | gateways else ""


def _address(world: World, text: str) -> Place:
    try:
        network = cidrs.network(text)
    except ValueError:
        return _nowhere(world.suggest(text))
    bare = str(network.network_address)
    if network.num_addresses == 1:
        enis = [
            one
            for one in world.enis.values()
            if bare in one.v6 or any(bare in (a.private, a.public) for a in one.addresses)
        ]
        if len(enis) > 1:
            return _nowhere(f"{bare} is an address of {' and '.join(one.id for one in enis)}: name the interface.")
        if enis:
            return Inside((enis[0],), bare)
        homes = [one for one in world.subnets.values() if cidrs.covers(one.networks, network)]
        if homes:  # nobody has it yet: somebody there, whom no group filters
            v4, v6 = ((Address(bare),), ()) if network.version == 4 else ((), (bare,))
            return Inside((Eni(bare, homes[0].id, v4, v6, owner=bare),))
    elif any(cidrs.covers(one.networks, network) for one in world.vpcs.values()):
        return _nowhere(f"{text} is a part of a VPC of this account: name one address of it.")
    outside = Addresses.of(network.version, [network]) & INTERNET[network.version]
    if not outside:
        return _nowhere(f"{text} is a private address that no subnet of this account holds.")
    return Outside((outside,), internet=outside == INTERNET[network.version])


def _nowhere(why: str) -> Place:
    raise UnknownResource(re.sub(r"\s+", " ", why).strip())
