"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graders import Account, Fail, check, databases
from graders.network import World, cidrs, reachable, read_groups, snapshot
from graders.network.cidrs import Network
from graders.network.snapshot import PERMISSIONS


@dataclass
class Allowed:
    """Who may come: ids of interfaces, of groups, and addresses (those of the subnets where the groups live too)."""

    enis: dict[str, list[str]] = field(default_factory=dict)  # source as the lab names it -> interfaces
    groups: set[str] = field(default_factory=set)
    networks: list[Network] = field(default_factory=list)
    named: list[Network] = field(default_factory=list)  # those that the lab names


@check(permissions=[*databases.PERMISSIONS, *PERMISSIONS, "rds:DescribeDBProxies", "rds:DescribeDBProxyTargets"])
def instance_reachable_only_from(account: Account, *, instance: str, sources: list[str], port: int = 0) -> None:
    """{instance} can be reached from {sources}, and from nowhere else.

    A source is a security group, an instance, or a CIDR. Rules may name the group or the addresses of the subnets in
    which its members live; an RDS proxy in between is looked through. `port`: the engine's own when left out.
    """
    found = databases.the_instance(account, instance)
    port = port or databases.port_of(found)
    world, own = databases.placed(snapshot(account), found)
    doors = [(instance, own, databases.groups_of(found))]
    for proxy in _proxies(account, found["DBInstanceIdentifier"]):
        name = str(proxy["DBProxyName"])
        world = databases.interfaces(world, name, proxy["VpcSubnetIds"], proxy["VpcSecurityGroupIds"])
        doors.append((name, [one for one in world.enis if one.startswith(f"{name}/")], proxy["VpcSecurityGroupIds"]))
    if not own:
        raise Fail(
            "{instance} has no place in a VPC: its subnet group holds no subnet of this account.",
            looked_at="the DB subnet group of {instance}",
            needed="A DB subnet group in the VPC of {sources}.",
            try_="aws rds create-db-subnet-group …, and the instance in it",
            instance=instance,
            sources=sources,
        )
    world, allowed = _allowed(account, world, sources)
    for source in sources:
        _served(world, source, allowed.enis.get(source, [source]), doors, port)
    inner = {one for _, enis, _ in doors for one in enis}
    worn = {one for _, _, groups in doors[1:] for one in groups}  # the proxies may come to the instance
    for name, enis, groups in doors:
        said = _intruder(account, world, enis, groups, port, allowed, worn, inner)
        if said:
            raise Fail(
                "{door} lets others in on port {port}: {who}.",
                looked_at="the security groups, routes and network ACLs around {door}",
                needed="Only {sources} reach port {port} of {instance}.",
                try_="Take the rule away that lets {who} in (aws ec2 revoke-security-group-ingress).",
                counterexample="{who} can open a TCP connection to port {port} of {door}.",
                door=name,
                instance=instance,
                port=port,
                who=said,
                sources=sources,
            )


def _served(world: World, source: str, starts: list[str], doors: list[tuple[str, list[str], Any]], port: int) -> None:
    """Fails when the source gets neither to the instance nor to a proxy that does."""
    name, own, _ = doors[0]
    fronts = list(own)
    for _, enis, _ in doors[1:]:
        if any(reachable(world, one, target, port).reachable for one in enis for target in own):
            fronts += enis
    paths = [reachable(world, start, front, port, balanced=False) for start in starts for front in fronts]
    if any(one.reachable for one in paths):
        return
    best = min(paths, key=lambda one: len(one.blockers))
    raise Fail(
        "{source} does not reach port {port} of {instance}: {why}",
        looked_at="the security groups, routes and network ACLs between {source} and {instance}",
        needed="tcp {port} of {instance} from {source}.",
        try_="aws ec2 authorize-security-group-ingress on the security group of {instance}",
        counterexample="{source} cannot open a TCP connection to port {port} of {instance}.",
        source=source,
        port=port,
        instance=name,
        why=best.explanation,
    )


def _intruder(
    account: Account,
    world: World,
    enis: list[str],
    groups: list[str],
    port: int,
    allowed: Allowed,
    proxies: set[str],
    inner: set[str],
) -> str:
    """Somebody who gets in and should not: by the rules, whoever may come to live there; then who does live there."""
    known = read_groups(account)
    for worn in (known.by_id[one] for one in groups if one in known.by_id):
        admitted = worn.sources_for(port)
        for network in admitted.networks:
            if cidrs.minus([network], allowed.networks):
                who = "anyone on the internet" if cidrs.is_internet([network]) else f"the addresses {network}"
                return f"{who}, by the group {known.label(worn.id)}"
        for other in sorted(admitted.groups - allowed.groups - proxies - set(groups)):
            return f"members of {known.label(other)}, by the group {known.label(worn.id)}"
    mine = {one for starts in allowed.enis.values() for one in starts} | inner
    for eni in world.enis.values():
        lives = [cidrs.network(one.private) for one in eni.addresses]
        meant = any(cidrs.covers(allowed.named, one) for one in lives)
        if meant or eni.id in mine or eni.owner or allowed.groups & set(eni.groups):
            continue
        if any(reachable(world, eni.id, target, port, balanced=False).reachable for target in enis):
            return eni.instance or eni.id
    return ""


def _allowed(account: Account, world: World, sources: list[str]) -> tuple[World, Allowed]:
    allowed = Allowed()
    for source in sources:
        if "/" in source:
            network = cidrs.network(source)
            allowed.networks.append(network)
            allowed.named.append(network)
            if any(cidrs.covers(one.networks, network) for one in world.vpcs.values()):  # one address stands for all
                allowed.enis[source] = [str(network[min(9, network.num_addresses - 1)])]
            continue
        instances = [one for one in world.instances.values() if source in (one.id, one.name)]
        if instances:
            enis = [eni.id for one in instances for eni in world.enis_of(one.id)]
            allowed.groups |= {group for one in enis for group in world.enis[one].groups}
        else:
            group = read_groups(account).named(source)
            allowed.groups.add(group.id)
            enis = [one.id for one in world.enis.values() if group.id in one.groups and (one.instance or one.owner)]
            if not enis:  # nobody wears it yet: somebody could, in any subnet of its VPC
                home = [one.id for one in world.subnets.values() if one.vpc == group.vpc]
                world = databases.interfaces(world, group.id, home, [group.id])
                enis = [one for one in world.enis if one.startswith(f"{group.id}/")]
        allowed.enis[source] = enis
        for eni in enis:  # a rule may name the subnets in which the source lives
            allowed.networks += world.subnets[world.enis[eni].subnet].networks
    allowed.networks = list(cidrs.collapse(allowed.networks))
    return world, allowed


def _proxies(account: Account, instance: str) -> Iterator[dict[str, Any]]:
    for proxy in account.read("rds", "describe_db_proxies").get("DBProxies", []):
        told = account.read("rds", "describe_db_proxy_targets", DBProxyName=proxy["DBProxyName"])
        if any(one.get("RdsResourceId") == instance for one in told.get("Targets", [])):
            yield proxy
