"""The legs of a way: from outside to an interface, from an interface to the outside, between two interfaces."""

from __future__ import annotations

from dataclasses import dataclass

from graders.network.addresses import Addresses
from graders.network.filters import ALL, USUAL, acl_sieve, group_sieve, reply_sieve
from graders.network.path import NOT_MODELLED, Trail
from graders.network.routing import ELSEWHERE, NO_ROUTE, Way, back_sieve, is_dead, refusal, ways
from graders.network.world import LOCAL, Eni, World, addresses_of


@dataclass(frozen=True)
class Probe:
    """One question about a world: this protocol and port (for pings: the ICMP type)."""

    world: World
    protocol: str
    port: int

    def host(self, trail: Trail, eni: Eni) -> None:
        """The interface is in use, and what it belongs to works: a stopped instance neither sends nor answers.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
        """
        world = self.world
        instance = world.instances.get(eni.instance)
        if instance is not None:
            running = instance.state == "running"
            trail.judge(
                running, instance.id, "BAD_STATE", "The instance runs.", f"The instance is {instance.state}: start it."
            )
            return
        balancer, endpoint = world.balancers.get(eni.owner), world.endpoints.get(eni.owner)
        if balancer is not None and not balancer.active:
            trail.block(balancer.id, "BAD_STATE", "The load balancer is not active yet: wait until it is.")
        elif endpoint is not None and endpoint.state.lower() != "available":
            trail.block(endpoint.id, "BAD_STATE", f"The endpoint is {endpoint.state}: have it accepted.")
        elif eni.owner in world.nat_gateways:
            trail.block(eni.owner, ELSEWHERE, "A NAT gateway lets out and nobody in: ask about what is behind it.")
        elif not (eni.instance or eni.owner):
            trail.block(eni.id, "BAD_STATE_ATTACHMENT", "Nothing uses the interface: attach it to an instance.")

    def inbound(self, trail: Trail, eni: Eni, public: str) -> None:
        """From the internet (`trail`'s far end) to the interface; `public` is its public v4 address, or any for v6.

        IPv4 needs a public address, and any a gateway attached to the VPC and the way back through it.
        https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
        """
        world, vpc = self.world, self.world.vpc_of(eni)
        gateway = world.gateway_of(vpc)
        if gateway is not None:
            trail.via.append(gateway.id)
            trail.ok(gateway.id, f"Is attached to {vpc}.")
        elif not self._routes_to_detached(eni.subnet, trail.outside):
            trail.block(vpc, "UNASSOCIATED_COMPONENT", f"No internet gateway is attached to {vpc}: attach one.")
        if trail.outside.version == 4:
            trail.judge(
                bool(public),
                eni.id,
                "IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS",
                f"Has the public address {public}.",
                self._wants_public(eni),
            )
        self.arrive(trail, eni)
        self.host(trail, eni)
        self.reply(trail, eni)
        back = back_sieve(world, eni.subnet, trail.outside, gateway.id if gateway else "", who=trail.who)
        trail.narrow(back, reply=True)

    def arrive(self, trail: Trail, eni: Eni) -> None:
        """Packets of the far end pass the subnet's ACL and the interface's groups."""
        world, far, who = self.world, trail.outside, trail.who
        trail.narrow(acl_sieve(world, eni.subnet, self.protocol, self.port, far, who=who, egress=False))
        trail.narrow(group_sieve(world, eni, self.protocol, self.port, far.version, who=who))

    def reply(self, trail: Trail, eni: Eni) -> None:
        """Replies to the far end pass the subnet's ACL; groups are stateful and are not asked."""
        far, who = trail.outside, trail.who
        sieve = reply_sieve(self.world, eni.subnet, self.protocol, self.port, far, who=who, egress=True)
        trail.narrow(sieve, reply=True)

    def outbound(self, trail: Trail, eni: Eni) -> None:
        """From the interface to the outside (`trail`'s far end), by whatever its subnet's routes lead to.

        Groups keep state, so the reply needs no inbound rule; ACLs do not, so it needs an entry.
        https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html
        """
        world, far, who = self.world, trail.outside, trail.who
        self.host(trail, eni)
        trail.narrow(group_sieve(world, eni, self.protocol, self.port, far.version, who=who, egress=True))
        self._leave(trail, eni.subnet, ALL if not eni.instance else USUAL)
        subs = []
        # What a gateway endpoint takes: AWS's own service, and no lost part of the internet.
        carried = Addresses(far.version)
        for way in ways(world, eni.subnet, far):
            if trail.internet and way.target == LOCAL:
                continue  # the VPC's own IPv6 range is not the internet
            if trail.internet and way.target in world.endpoints:
                carried = carried | way.those
            sub = Trail(way.those, internet=trail.internet and trail.enough(way.those))
            self._out_by(sub, eni, way, who)
            subs.append(sub)
        subs.sort(key=lambda one: one.outside.size, reverse=True)
        good = [one for one in subs if one.open]
        reached = Addresses(far.version)
        for one in good:
            reached = reached | one.left
        if good and trail.enough(reached & trail.left):
            trail.left = trail.left & reached
            trail.seen_as = good[0].seen_as
            for one in good:
                trail.absorb(one)
            if len(good) < len(subs) and not (reached | carried).holds(far):
                trail.caveats.append(f"Only a part of {who} has a working route.")
        else:
            trail.absorb(subs[0])

    def _leave(self, trail: Trail, subnet: str, low: int) -> None:
        """A request passes the subnet's ACL outbound, and its reply inbound."""
        far, who = trail.outside, trail.who
        trail.narrow(acl_sieve(self.world, subnet, self.protocol, self.port, far, who=who, egress=True))
        sieve = reply_sieve(self.world, subnet, self.protocol, self.port, far, who=who, egress=False, low=low)
        trail.narrow(sieve, reply=True)

    def _out_by(self, trail: Trail, eni: Eni, way: Way, who: str) -> None:
        """The route's target lets the packets out: each kind has its own rule.

        https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
        https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
        https://docs.aws.amazon.com/vpc/latest/peering/invalid-peering-configurations.html
        """
        world, version, target = self.world, trail.outside.version, way.target
        code, why = refusal(world, eni.subnet, way, who)
        if code:
            trail.block(way.table, code, why)
            return
        trail.ok(way.table, f"Sends {way.route} to {target}.")
        trail.via.append(target)
        endpoint, interface = world.endpoints.get(target), world.enis.get(target) or _first(world.enis_of(target))
        if target in world.internet_gateways:
            self._by_internet_gateway(trail, eni, target)
        elif target in world.egress_only_gateways:
            trail.judge(version == 6, target, ELSEWHERE, "Lets IPv6 out.", "It carries IPv6 only: route to another.")
            trail.seen_as = Addresses.one(eni.v6[0]) if eni.v6 else None
        elif target in world.nat_gateways:
            self._by_nat(trail, eni, target)
        elif endpoint is not None and endpoint.kind == "Gateway":
            trail.ok(target, f"Carries {endpoint.service} without the internet.")
        elif interface is not None and endpoint is None:
            self._by_instance(trail, eni, interface)
        elif target in world.peerings:
            trail.block(
                target,
                "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
                f"A peering carries only traffic between its two VPCs, not to {who}: route to a gateway.",
            )
        elif target == LOCAL:
            trail.block(way.table, ELSEWHERE, f"The VPC's own range holds {way.those}, and no interface has it.")
        else:
            trail.block(target, NOT_MODELLED, f"What lies behind {target} is not known here: no verdict.")

    def _by_internet_gateway(self, trail: Trail, eni: Eni, gateway: str) -> None:
        """Out by the internet gateway: IPv4 needs a public address on the interface.

        https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
        """
        if trail.outside.version == 6:
            trail.ok(gateway, "IPv6 addresses are public.")
            trail.seen_as = Addresses.one(eni.v6[0]) if eni.v6 else None
            return
        public = next((one.public for one in eni.addresses if one.public), "")
        trail.judge(
            bool(public),
            eni.id,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            f"Leaves as {public}.",
            f"{self._wants_public(eni)} Or route to a NAT gateway.",
        )
        trail.seen_as = Addresses.one(public) if public else None

    def _by_nat(self, trail: Trail, eni: Eni, id: str) -> None:
        """Out by a NAT gateway: it needs its Elastic IP, and the routes and the ACL of its own subnet.

        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
        """
        nat = self.world.nat_gateways[id]
        trail.judge(
            bool(nat.public),
            id,
            "UNASSOCIATED_COMPONENT",
            f"Leaves as {nat.public}.",
            "A private NAT gateway has no Elastic IP and does not reach the internet: make a public one.",
        )
        trail.judge(trail.outside.version == 4, id, ELSEWHERE, "Translates IPv4.", "It translates IPv4 only.")
        self._through(trail, eni, nat.subnet, id)
        trail.seen_as = Addresses.one(nat.public) if nat.public else None

    def _by_instance(self, trail: Trail, eni: Eni, box: Eni) -> None:
        """Out by a NAT instance: no source/destination check, groups that admit both sides, a public address.

        https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
        """
        trail.judge(
            not box.source_dest_check,
            box.id,
            "ENI_SOURCE_DEST_CHECK_RESTRICTION",
            "Forwards what is not its own.",
            "Drops packets that are not its own: switch off its source/destination check.",
        )
        self.host(trail, box)
        near = self._near(eni, 4)
        trail.need(group_sieve(self.world, box, self.protocol, self.port, 4, who=str(near)), near)
        sieve = group_sieve(
            self.world, box, self.protocol, self.port, trail.outside.version, who=trail.who, egress=True
        )
        trail.narrow(sieve)
        public = next((one.public for one in box.addresses if one.public), "")
        trail.judge(
            bool(public),
            box.id,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            f"Leaves as {public}.",
            self._wants_public(box),
        )
        self._through(trail, eni, box.subnet, box.id)
        trail.seen_as = Addresses.one(public) if public else None

    def _through(self, trail: Trail, eni: Eni, subnet: str, middle: str) -> None:
        """In and out of the subnet of the device that translates, and from there to the internet gateway."""
        if subnet != eni.subnet:
            self._enter(trail, subnet, self._near(eni, 4))
        self._leave(trail, subnet, ALL)
        gateway = self.world.gateway_of(self.world.subnets[subnet].vpc)
        trail.narrow(
            back_sieve(self.world, subnet, trail.outside, gateway.id if gateway else "", who=f"{middle}'s traffic")
        )

    def _enter(self, trail: Trail, subnet: str, near: Addresses, low: int = USUAL) -> None:
        """Packets from `near` come into the subnet, and its replies leave it."""
        who = str(near)
        trail.need(acl_sieve(self.world, subnet, self.protocol, self.port, near, who=who, egress=False), near)
        sieve = reply_sieve(self.world, subnet, self.protocol, self.port, near, who=who, egress=True, low=low)
        trail.need(sieve, near, reply=True)

    def between(self, trail: Trail, here: Eni, there: Eni, near: str, far: str) -> None:
        """From one interface to another by their own addresses, inside a VPC or over a peering.

        Inside a subnet no ACL is asked. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
        """
        if here.id == there.id:
            trail.ok(here.id, "Is the same interface.")
            return
        world, source, target = self.world, Addresses.one(near), Addresses.one(far)
        low = ALL if here.owner else USUAL
        self.host(trail, here)
        egress = group_sieve(world, here, self.protocol, self.port, target.version, who=far, egress=True)
        trail.need(egress, target)
        crossing = here.subnet != there.subnet
        if crossing:
            leave = acl_sieve(world, here.subnet, self.protocol, self.port, target, who=far, egress=True)
            trail.need(leave, target)
        self._carry(trail, here, there, target)
        if crossing:
            self._enter(trail, there.subnet, source, low)
        trail.need(group_sieve(world, there, self.protocol, self.port, source.version, who=near), source)
        self.host(trail, there)
        if crossing:
            back = reply_sieve(world, here.subnet, self.protocol, self.port, target, who=far, egress=False, low=low)
            trail.need(back, target, reply=True)
        if world.vpc_of(here) != world.vpc_of(there):
            self._carry(trail, there, here, source, reply=True)

    def _carry(self, trail: Trail, here: Eni, there: Eni, target: Addresses, *, reply: bool = False) -> None:
        """The routes of `here` lead to `there`: locally, or through an active peering of just these two VPCs.

        Peering is not transitive. https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
        """
        world = self.world
        mine, other = world.vpc_of(here), world.vpc_of(there)
        way = ways(world, here.subnet, target)[0]
        who = str(target)
        peering = world.peerings.get(way.target)
        joined = [one for one in world.peerings.values() if set(one.vpcs) == {mine, other}]
        code, why = refusal(world, here.subnet, way, who)
        if mine == other:
            if way.target in (LOCAL, there.id) or (there.instance and way.target == there.instance):
                trail.ok(way.table, f"{who} is local.", reply=reply)
            elif code:
                trail.block(way.table, code, why, reply=reply)
            else:
                trail.block(
                    way.table, NOT_MODELLED, f"{way.route} leads through {way.target}: no verdict.", reply=reply
                )
            return
        if code:
            names = " or ".join(one.id for one in joined)
            hint = f" Through {names}." if code == NO_ROUTE and names else ""
            trail.block(way.table, code, why + hint, reply=reply)
        elif peering is not None and set(peering.vpcs) == {mine, other}:
            trail.via.append(peering.id)
            trail.ok(way.table, f"Sends {way.route} to {peering.id}.", reply=reply)
        elif peering is not None:
            trail.block(
                peering.id,
                "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
                f"It joins {' and '.join(peering.vpcs)}, and peering is not transitive: peer {mine} with {other}.",
                reply=reply,
            )
        elif way.target == LOCAL:
            trail.block(way.table, ELSEWHERE, f"{who} is inside {mine}'s own range: the two VPCs overlap.", reply=reply)
        elif way.target in world.internet_gateways or way.target in world.nat_gateways:
            trail.block(
                way.table,
                ELSEWHERE,
                f"{way.route} leads to {way.target}, where a private address ends: add a route to the peering.",
                reply=reply,
            )
        else:
            trail.block(
                way.target, NOT_MODELLED, f"What lies behind {way.target} is not known here: no verdict.", reply=reply
            )
        if not reply and code == NO_ROUTE and joined and not any(one.status == "active" for one in joined):
            trail.block(joined[0].id, "BAD_STATE", f"The peering is {joined[0].status}: accept it.")

    def _near(self, eni: Eni, version: int) -> Addresses:
        return Addresses.one(next(iter(addresses_of(eni, version)), "0.0.0.0"))  # noqa: S104 - an address nobody admits

    def _routes_to_detached(self, subnet: str, those: Addresses) -> bool:
        vpc = self.world.subnets[subnet].vpc
        found = ways(self.world, subnet, those)
        return any(
            way.route and way.target in self.world.internet_gateways and is_dead(self.world, way.route, vpc)
            for way in found
        )

    def _wants_public(self, eni: Eni) -> str:
        if eni.owner in self.world.balancers:
            return f"{self.world.label(eni.owner)} is internal: make an internet-facing load balancer."
        return f"{eni.id} has no public IPv4 address: associate an Elastic IP."


def _first(enis: tuple[Eni, ...]) -> Eni | None:
    return enis[0] if enis else None
