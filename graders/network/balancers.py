"""Load balancers: client, node, listener, target group, target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from graders.network.addresses import Addresses, everything
from graders.network.filters import acl_sieve, group_sieve, reply_sieve
from graders.network.legs import Probe
from graders.network.path import NOT_MODELLED, Trail
from graders.network.world import Eni, Listener, LoadBalancer, Target, TargetGroup, World, addresses_of

# From the client to one node; whoever asks knows which kind of leg that is.
ToNode = Callable[[Probe, Eni], Trail]


@dataclass(frozen=True)
class Choice:
    """One node and one target of it, with the trail of the second leg."""

    node: Eni
    target: Target
    trail: Trail


def target_enis(world: World, group: TargetGroup, target: Target) -> tuple[Eni, ...]:
    """The interfaces that a target stands for: an instance's first one, or the one with the address."""
    if group.kind == "instance":
        return world.enis_of(target.id)[:1]
    return tuple(
        eni
        for eni in world.enis.values()
        if target.id in (*addresses_of(eni, 4), *eni.v6) and eni.owner not in world.balancers
    )


def routes_to(world: World, enis: tuple[Eni, ...], port: int, protocol: str) -> Iterator[tuple[LoadBalancer, Listener]]:
    """The listeners behind which one of the interfaces serves the port."""
    wanted = {eni.id for eni in enis}
    for balancer in world.balancers.values():
        for listener in balancer.listeners:
            for group in _groups(world, listener):
                served = any(
                    target.port == port and wanted & {eni.id for eni in target_enis(world, group, target)}
                    for target in group.targets
                )
                if served and protocol in _protocols(listener.protocol):
                    yield balancer, listener
                    break


def balance(
    probe: Probe, balancer: LoadBalancer, to_node: ToNode, *, only: tuple[Eni, ...] = (), port: int | None = None
) -> Trail:
    """From a client through the balancer to a target; any node that serves any target is enough.

    `only` and `port`: the target must be one of these interfaces and be asked on that port.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
    """
    world = probe.world
    nodes = {eni.id: (eni, to_node(probe, eni)) for eni in world.enis_of(balancer.id)}
    best_node = min((trail for _, trail in nodes.values()), key=lambda one: one.blocked, default=None)
    if best_node is None:
        best_node = Trail(everything(4))
        best_node.block(balancer.id, "BAD_STATE", "The load balancer has no node in any subnet: give it subnets.")
    listener = next(
        (one for one in balancer.listeners if one.port == probe.port and probe.protocol in _protocols(one.protocol)),
        None,
    )
    if listener is None:
        listed = ", ".join(f"{one.protocol} {one.port}" for one in balancer.listeners) or "nothing"
        why = f"{balancer.name} listens on {listed}: add a listener for {probe.protocol} {probe.port}."
        best_node.block(balancer.id, "ELBV2_LISTENERS_MISMATCH", why)
        return best_node
    best_node.via.append(balancer.id)
    groups = [one for one in _groups(world, listener) if one.targets]
    if not groups:
        if listener.answers:
            best_node.ok(balancer.id, "The listener answers itself.")
        else:
            why = f"The listener on {listener.port} forwards to no target: register one in its target group."
            best_node.block(balancer.id, "ELBV2_LISTENER_HAS_NO_TG", why)
        return best_node
    choices = [
        Choice(node, target, _to_target(probe, balancer, group, node, leg, target))
        for group in groups
        for target in group.targets
        if not only or (target.port == port and set(only) & set(target_enis(world, group, target)))
        for node, leg in nodes.values()
    ]
    if not choices:
        best_node.block(
            balancer.id, "ELBV2_LISTENER_REQUIRES_TG_ACCEPT", "No target of it is the one asked about: add it."
        )
        return best_node
    return _best(balancer, nodes, choices)


def _best(balancer: LoadBalancer, nodes: dict[str, tuple[Eni, Trail]], choices: list[Choice]) -> Trail:
    """The choice with the fewest blockers, with what the other nodes and targets lack as caveats."""
    best = min(choices, key=lambda one: nodes[one.node.id][1].blocked + one.trail.blocked)
    leg = nodes[best.node.id][1]
    whole = Trail(leg.outside, internet=leg.internet)
    whole.left = leg.left & best.trail.left if leg.left.version == 4 else leg.left
    whole.absorb(leg)
    whole.via.append(balancer.id)
    whole.ok(balancer.id, f"Forwards to {best.target.id}, port {best.target.port}.")
    whole.absorb(best.trail)
    if whole.open:
        shut = [node.subnet for node, trail in nodes.values() if not trail.open]
        if shut:
            whole.caveats.append(f"The nodes of {balancer.name} in {', '.join(shut)} are not reached.")
        served = {one.target for one in choices if one.trail.open and nodes[one.node.id][1].open}
        missed = [one.id for one in dict.fromkeys(one.target for one in choices) if one not in served]
        if missed:
            whole.caveats.append(f"{balancer.name} does not reach its targets {', '.join(missed)}.")
    return whole


def _to_target(
    probe: Probe, balancer: LoadBalancer, group: TargetGroup, node: Eni, leg: Trail, target: Target
) -> Trail:
    """From a node to a target, on the target's port."""
    world = probe.world
    inner = replace(probe, port=target.port)
    trail = Trail(everything(4))
    if group.kind == "lambda":
        trail.ok(target.id, "The load balancer invokes the function.")
        return trail
    if group.kind == "alb":
        return _to_balancer(inner, node, target)
    enis = target_enis(world, group, target)
    if not enis:
        known = target.id in world.instances
        why = (
            f"{target.id} has no interface here: register what runs."
            if known
            else f"{target.id} is not known here: no verdict."
        )
        trail.block(target.id, "BAD_STATE" if known else NOT_MODELLED, why)
        return trail
    eni = enis[0]
    _zones(world, trail, balancer, node, eni)
    if group.keeps_client:
        _as_client(inner, trail, balancer, node, eni, leg)
    else:
        inner.between(trail, node, eni, *_pair(node, eni))
    _health(inner, trail, group, node, eni)
    return trail


def _to_balancer(inner: Probe, node: Eni, target: Target) -> Trail:
    """A network load balancer in front of an application load balancer."""
    world = inner.world
    behind = world.balancers.get(target.id)
    if behind is None:
        trail = Trail(everything(4))
        trail.block(target.id, "BAD_STATE", "The load balancer that is the target does not exist: register another.")
        return trail

    def to_node(probe: Probe, there: Eni) -> Trail:
        trail = Trail(everything(4))
        probe.between(trail, node, there, *_pair(node, there))
        return trail

    return balance(inner, behind, to_node)


def _zones(world: World, trail: Trail, balancer: LoadBalancer, node: Eni, eni: Eni) -> None:
    """Targets are served only in zones that are on, and without cross-zone balancing only by their own zone's node.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
    """
    zone, home = world.subnets[eni.subnet].zone, world.subnets[node.subnet].zone
    on = {world.subnets[one].zone for one in balancer.subnets if one in world.subnets}
    if zone and world.vpc_of(eni) == balancer.vpc and zone not in on:
        why = f"{balancer.name} is not in {zone}, where the target is: add a subnet of that zone."
        trail.block(balancer.id, "ELB_INSTALLED_AZ_RESTRICTION", why)
    elif zone and zone != home and not balancer.cross_zone:
        why = f"The node in {home} serves only its own zone, the target is in {zone}: switch on cross-zone balancing."
        trail.block(balancer.id, "ELB_NOT_CROSSZONE", why)


def _as_client(probe: Probe, trail: Trail, balancer: LoadBalancer, node: Eni, eni: Eni, leg: Trail) -> None:
    """The target sees the client's address: its groups and ACL must admit the client, or name the balancer's group.

    The reply goes back through the balancer, so the target's own subnet needs no way out.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation
    """
    world = probe.world
    client = leg.seen_as if leg.seen_as is not None else leg.left
    far, who = Trail(client, internet=leg.internet), leg.who
    far.narrow(acl_sieve(world, eni.subnet, probe.protocol, probe.port, client, who=who, egress=False))
    sieve = group_sieve(world, eni, probe.protocol, probe.port, client.version, who=who)
    named = any(
        rule.admits(probe.protocol, probe.port) and set(rule.groups) & set(balancer.groups)
        for group in eni.groups
        if group in world.groups
        for rule in world.groups[group].ingress
    )
    if named and sieve is not None:
        sieve = replace(sieve, allowed=everything(client.version), ok=f"Admits {balancer.name} by its group.")
    far.narrow(sieve)
    probe.host(far, eni)
    reply = reply_sieve(world, eni.subnet, probe.protocol, probe.port, client, who=who, egress=True)
    far.narrow(reply, reply=True)
    if node.subnet != eni.subnet:
        target = Addresses.one(eni.addresses[0].private)
        out = acl_sieve(world, node.subnet, probe.protocol, probe.port, target, who=str(target), egress=True)
        far.need(out, target)
    egress = group_sieve(world, node, probe.protocol, probe.port, 4, who=eni.id, egress=True)
    far.need(egress, Addresses.one(eni.addresses[0].private))
    trail.left = far.left if client.version == 4 else trail.left
    trail.absorb(far)


def _health(probe: Probe, trail: Trail, group: TargetGroup, node: Eni, eni: Eni) -> None:
    """A health check on a port of its own must pass too, else the target is taken out while others are healthy.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    if group.health_port is None or group.health_port == probe.port or not trail.open:
        return
    check = Trail(everything(4))
    replace(probe, protocol="tcp", port=group.health_port).between(check, node, eni, *_pair(node, eni))
    if not check.open:
        first = next(hop for hop in check.hops if not hop.allowed)
        trail.caveats.append(f"The health check of {group.name} fails. {first.component}: {first.why}")


def _pair(node: Eni, eni: Eni) -> tuple[str, str]:
    """The addresses by which a node speaks to a target: v4 where both have one."""
    if node.addresses and eni.addresses:
        return node.addresses[0].private, eni.addresses[0].private
    return next(iter(node.v6), "::"), next(iter(eni.v6), "::")


def _groups(world: World, listener: Listener) -> list[TargetGroup]:
    return [world.target_groups[one] for one in listener.groups if one in world.target_groups]


def _protocols(protocol: str) -> tuple[str, ...]:
    return ("tcp", "udp") if protocol == "tcp_udp" else (protocol,)
