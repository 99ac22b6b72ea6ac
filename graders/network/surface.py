"""What of an account the internet reaches: addresses, ports, and the way in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graders.network.engine import reachable
from graders.network.groups import PINGS, PORTS, Rule
from graders.network.path import Path
from graders.network.world import Eni, World


@dataclass(frozen=True)
class Exposure:
    """Ports `low` to `high` of `protocol` that much of the internet reaches at `address`.

    `resource`: the instance, else the interface, or the load balancer. `via`: the gateway, and a load balancer.
    `serves`: for a load balancer what it forwards to on those ports ("i-…:8080").
    """

    resource: str
    address: str
    protocol: str
    low: int
    high: int
    via: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()

    def __str__(self) -> str:
        ports = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        numbered = f" {ports}" if self.protocol in ("tcp", "udp") else ""
        return f"{self.protocol}{numbered} of {self.resource} at {self.address}"


def exposed(world: World) -> list[Exposure]:
    """The internet-exposed surface: every address and port, pings aside, sorted by resource.

    Much of the internet is more than one /8 (v6: one /32); for one office's addresses ask reachable().
    """
    services = {one.id for one in world.nat_gateways.values()} | set(world.endpoints)
    found = [
        one
        for eni in world.enis.values()
        if eni.owner not in world.balancers and eni.owner not in services
        for one in _of_eni(world, eni)
    ]
    found += _of_balancers(world)
    return sorted(found, key=lambda one: (one.resource, one.address, one.protocol, one.low))


def _of_eni(world: World, eni: Eni) -> Iterator[Exposure]:
    publics = [one.public for one in eni.addresses if one.public]
    for address in [*publics, *eni.v6]:
        protocols = {"tcp", "udp"} | {rule.protocol for rule in _rules(world, eni)} - {"-1", *PINGS}
        for protocol in sorted(protocols):
            yield from _ranges(world, eni, address, protocol)


def _ranges(world: World, eni: Eni, address: str, protocol: str) -> Iterator[Exposure]:
    """Between two bounds of rules and entries nothing changes: one port stands for all."""
    start = -1
    via: tuple[str, ...] = ()
    for low, after in _segments(world, eni, protocol):
        path = _ask(world, address, low, protocol)
        now = path.via if path.reachable else ()
        if start >= 0 and not path.reachable:
            yield Exposure(eni.instance or eni.id, address, protocol, start, low - 1, via)
            start = -1
        if path.reachable and start < 0:
            start, via = low, now
        if start >= 0 and after == PORTS:
            yield Exposure(eni.instance or eni.id, address, protocol, start, PORTS - 1, via)


def _ask(world: World, target: str, port: int, protocol: str) -> Path:
    return reachable(world, "internet", target, port, protocol, balanced=False)


def _segments(world: World, eni: Eni, protocol: str) -> Iterable[tuple[int, int]]:
    """(first port, first port after) of each stretch."""
    if protocol not in ("tcp", "udp"):
        return [(0, PORTS)]
    acl = world.acl_of(eni.subnet)
    ranges = [(one.low, one.high) for one in _rules(world, eni) if one.protocol == protocol]
    ranges += [(one.low, one.high) for one in acl.entries if one.protocol == protocol] if acl else []
    edges = sorted({0, PORTS, *(low for low, _ in ranges), *(high + 1 for _, high in ranges)})
    return list(itertools.pairwise(edges))


def _rules(world: World, eni: Eni) -> list[Rule]:
    return [rule for name in eni.groups if name in world.groups for rule in world.groups[name].ingress]


def _of_balancers(world: World) -> Iterator[Exposure]:
    for balancer in world.balancers.values():
        for listener in () if balancer.internal else balancer.listeners:
            protocols = ("tcp", "udp") if listener.protocol == "tcp_udp" else (listener.protocol,)
            for protocol in protocols:
                path = _ask(world, balancer.id, listener.port, protocol)
                if path.reachable:
                    groups = [world.target_groups[one] for one in listener.groups if one in world.target_groups]
                    serves = tuple(f"{one.id}:{one.port}" for group in groups for one in group.targets)
                    shown = balancer.dns or balancer.name
                    yield Exposure(balancer.id, shown, protocol, listener.port, listener.port, path.via, serves)
