"""The network part of a sketch: VPCs, zones and subnets as frames, and what stands in them.

Whether a subnet is public is what its route table says: a default route to an internet gateway. Names say nothing.
https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from graders import Account
from graders.network import Rule, World, snapshot
from graders.network.cidrs import Network
from labs.diagram.model import Badge, Frame, Link, Thing

INTERNET: Final = "internet"
_EVERYWHERE: Final = frozenset({ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")})
_NAMED: Final = (
    ("describe_vpcs", "Vpcs", "VpcId"),
    ("describe_subnets", "Subnets", "SubnetId"),
    ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
)
# A security group that so many things wear is a card of its own: arrows between all of them would hide the rest.
_WEARERS: Final = 3
_GONE: Final = ("terminated", "shutting-down", "deleted", "deleting", "failed")


@dataclass
class VpcParts:
    """What was found, in the making."""

    account: Account
    world: World
    things: list[Thing] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    wears: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # security group -> keys of things
    tags: dict[str, str] = field(default_factory=dict)  # id -> its Name tag

    def items(self, operation: str, key: str, service: str = "ec2") -> list[dict[str, Any]]:
        return list(self.account.read(service, operation).get(key, []))

    def called(self, id: str) -> str:
        return self.tags.get(id) or id

    def put(self, thing: Thing, groups: tuple[str, ...] = ()) -> None:
        """Add a thing; its security groups become badges, and the arrows between groups lead to it."""
        worn = tuple(one for one in groups if one in self.world.groups)
        for one in worn:
            self.wears[one].append(thing.key)
        badges = tuple(Badge(self.world.groups[one].name, "group", one) for one in worn)
        self.things.append(
            Thing(**{**_fields(thing), "badges": (*thing.badges, *badges), "ids": (*thing.ids, *thing_ids(thing))})
        )


def _fields(thing: Thing) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}


def thing_ids(thing: Thing) -> tuple[str, ...]:
    return (thing.arn,) if thing.arn else ()


def read_network(account: Account, *, databases: bool = True) -> VpcParts:
    """Read the region's VPCs with everything in them. Raises botocore's ClientError as it came."""
    found = VpcParts(account, snapshot(account))
    _name_all(found)
    _instances(found)
    _nats(found)
    _balancers(found)
    if databases:
        _databases(found)
    _doors(found)
    _groups(found)
    _frames(found)
    _references(found)
    return found


def _name_all(found: VpcParts) -> None:
    for operation, key, named_by in _NAMED:
        for item in found.items(operation, key):
            named = next((tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == "Name"), "")
            if named:
                found.tags[item[named_by]] = named


def _instances(found: VpcParts) -> None:
    described = [one for each in found.items("describe_instances", "Reservations") for one in each["Instances"]]
    for item in described:
        instance, state = item["InstanceId"], item["State"]["Name"]
        if state in _GONE or item.get("SubnetId") not in found.world.subnets:
            continue
        enis = found.world.enis_of(instance)
        groups = tuple(dict.fromkeys(group for eni in enis for group in eni.groups))
        public = next((one.public for eni in enis for one in eni.addresses if one.public), "")
        private = item.get("PrivateIpAddress", "")
        profile = (item.get("IamInstanceProfile") or {}).get("Arn", "").rpartition("/")[2]
        facts = [
            ("Id", instance),
            ("State", state),
            ("Type", item.get("InstanceType", "")),
            ("Private address", private),
        ]
        facts += [("Public address", public)] if public else []
        facts += [("Instance profile", profile)] if profile else []
        note = public or private if state == "running" else state
        found.put(
            Thing(
                instance,
                "instance",
                found.world.instances[instance].name or instance,
                item["SubnetId"],
                note=f"{item.get('InstanceType', '')} · {note}",
                facts=tuple(facts),
                arn=f"arn:aws:ec2:{found.account.region}:{found.account.account_id}:instance/{instance}",
                ids=tuple(eni.id for eni in enis),
                off=state != "running",
            ),
            groups,
        )


def _nats(found: VpcParts) -> None:
    for nat in found.world.nat_gateways.values():
        if nat.state in _GONE or nat.subnet not in found.world.subnets:
            continue
        facts = (("Id", nat.id), ("State", nat.state), ("Elastic IP", nat.public or "none: it is a private one"))
        note = nat.public or "private"
        thing = Thing(nat.id, "nat", found.called(nat.id), nat.subnet, note=note, facts=facts, ids=(nat.eni,))
        found.put(thing)


def _balancers(found: VpcParts) -> None:
    world = found.world
    for one in world.balancers.values():
        ports = [f":{listener.port}" for listener in one.listeners]
        facing = "internal" if one.internal else "internet-facing"
        facts = (
            ("Kind", one.kind),
            ("Scheme", facing),
            ("DNS name", one.dns),
            ("Listeners", ", ".join(ports) or "none"),
        )
        ids = (one.name, one.dns, *(eni.id for eni in world.enis_of(one.id)))
        key = f"balancer/{one.name}"
        note = " ".join((facing, *ports[:3]))
        found.put(Thing(key, "balancer", one.name, one.vpc, note=note, facts=facts, arn=one.id, ids=ids), one.groups)
        for listener in one.listeners:
            for group in (world.target_groups[each] for each in listener.groups if each in world.target_groups):
                found.names[group.id] = key
                for target in group.targets:
                    found.links.append(Link(key, target.id, "traffic", f":{listener.port} → :{target.port}"))


def _databases(found: VpcParts) -> None:
    for item in found.account.read("rds", "describe_db_instances").get("DBInstances", []):
        name, port = item["DBInstanceIdentifier"], (item.get("Endpoint") or {}).get("Port")
        homes = database_subnets(item, found.world)
        key = f"database/{name}"
        facts = [
            ("Engine", f"{item.get('Engine', '')} {item.get('EngineVersion', '')}".strip()),
            ("Status", item.get("DBInstanceStatus", "")),
            ("Class", item.get("DBInstanceClass", "")),
            ("Port", str(port or "")),
            ("Multi-AZ", "yes" if item.get("MultiAZ") else "no"),
            ("Publicly accessible", "yes" if item.get("PubliclyAccessible") else "no"),
            ("Encrypted", "yes" if item.get("StorageEncrypted") else "no"),
        ]
        groups = tuple(one["VpcSecurityGroupId"] for one in item.get("VpcSecurityGroups", []))
        note = " ".join(str(one) for one in (item.get("Engine", ""), f":{port}" if port else "") if one)
        place = homes[0] if homes else ""
        arn = item.get("DBInstanceArn", "")
        primary = Thing(key, "database", name, place, note=note, facts=tuple(facts), arn=arn, ids=(name,))
        if item.get("MultiAZ"):
            primary = Thing(**{**_fields(primary), "badges": (Badge("Multi-AZ", "good"),)})
        found.put(primary, groups)
        source = item.get("ReadReplicaSourceDBInstanceIdentifier")
        if source:
            found.links.append(Link(f"database/{source.rpartition(':')[2]}", key, "replica"))
        zone = _zone(found.world, place)
        elsewhere = [one for one in homes[1:] if _zone(found.world, one) != zone]
        if item.get("MultiAZ") and elsewhere:
            spare = Thing(f"{key}~standby", "standby", name, elsewhere[0], note="no traffic until it takes over")
            found.things.append(spare)
            found.links.append(Link(key, spare.key, "standby"))


def database_subnets(item: dict[str, Any], world: World) -> list[str]:
    """Return the subnets that a database may stand in, the one in its own zone first."""
    listed = [one["SubnetIdentifier"] for one in item.get("DBSubnetGroup", {}).get("Subnets", [])]
    homes = [one for one in listed if one in world.subnets]
    if not homes:  # made without a subnet group: AWS takes the default VPC's
        vpc = item.get("DBSubnetGroup", {}).get("VpcId") or next(iter(world.vpcs), "")
        homes = [one.id for one in world.subnets.values() if one.vpc == vpc]
    zone = item.get("AvailabilityZone", "")
    return sorted(homes, key=lambda one: (_zone(world, one) != zone, _zone(world, one), one))


def _zone(world: World, subnet: str) -> str:
    return world.subnets[subnet].zone if subnet in world.subnets else ""


def _doors(found: VpcParts) -> None:
    """Gateways, endpoints and peerings: they stand in the VPC, in none of its subnets."""
    world = found.world
    for gateway in world.internet_gateways.values():
        note = "" if gateway.vpc else "not attached"
        name = found.called(gateway.id)
        facts = (("Id", gateway.id), ("Attached to", gateway.vpc or "nothing"))
        found.put(Thing(gateway.id, "gateway", name, gateway.vpc, note=note, facts=facts, off=not gateway.vpc))
        if gateway.vpc:
            found.links.append(Link(INTERNET, gateway.id, "traffic"))
    for endpoint in world.endpoints.values():
        service = endpoint.service.rpartition(".")[2]
        about = (("Id", endpoint.id), ("Service", endpoint.service), ("Kind", endpoint.kind))
        found.put(
            Thing(
                endpoint.id,
                "endpoint",
                service,
                endpoint.vpc,
                f"{endpoint.kind} endpoint",
                facts=about,
                ids=endpoint.enis,
            )
        )
    for peering in world.peerings.values():
        if peering.status in _GONE or peering.vpcs[0] not in world.vpcs:
            continue
        there = found.called(peering.vpcs[1])
        between = (("Id", peering.id), ("Between", " and ".join(peering.vpcs)), ("State", peering.status))
        found.put(Thing(peering.id, "peering", peering.id, peering.vpcs[0], f"to {there}", facts=between))


def _groups(found: VpcParts) -> None:
    """A security group is a badge on what wears it; a card where nothing does, or too much."""
    for group in found.world.groups.values():
        wearers = found.wears.get(group.id, [])
        found.names[group.id] = wearers[0] if wearers else group.id
        if len(wearers) > _WEARERS or (not wearers and group.name != "default" and group.vpc in found.world.vpcs):
            note = f"worn by {len(wearers)}" if wearers else "worn by nothing yet"
            inbound = [("In", said(rule, found.world)) for rule in group.ingress] or [("In", "nothing")]
            facts = (("Id", group.id), *inbound)
            found.things.append(
                Thing(group.id, "group", group.name, group.vpc, note=note, facts=facts, off=not wearers)
            )


def said(rule: Rule, world: World) -> str:
    """Return a rule as people say it: "tcp 443 from 0.0.0.0/0"."""
    sources = [
        *map(str, rule.networks),
        *(world.groups[one].name if one in world.groups else one for one in rule.groups),
    ]
    return f"{ports_of(rule)} from {', '.join(sources) or 'nowhere'}"


def ports_of(rule: Rule) -> str:
    """Return what a rule lets pass: "tcp 443", "tcp 8000-8010", "all traffic"."""
    if rule.protocol == "-1":
        return "all traffic"
    if rule.low == 0 and rule.high >= 65535:
        return f"all {rule.protocol}"
    return f"{rule.protocol} {rule.low}" + (f"-{rule.high}" if rule.high != rule.low else "")


def _references(found: VpcParts) -> None:
    carded = {one.key for one in found.things if one.kind == "group"}

    def faces(group: str) -> list[str]:
        return [group] if group in carded else found.wears.get(group, [])

    for group in found.world.groups.values():
        for rule in group.ingress:
            for source in rule.groups:
                if source != group.id:
                    found.links += [
                        Link(here, there, "reference", ports_of(rule))
                        for here in faces(source)
                        for there in faces(group.id)
                    ]
        if any(rule.networks and _EVERYWHERE & set(rule.networks) for rule in group.ingress):
            found.names.setdefault(f"open/{group.id}", group.id)


def _frames(found: VpcParts) -> None:
    """Draw the subnets of the learner's VPCs, and of a default VPC those that hold something."""
    world = found.world
    held = {one.place for one in found.things}
    for item in found.items("describe_vpcs", "Vpcs"):
        frame_id = item["VpcId"]
        mine = [one for one in world.subnets.values() if one.vpc == frame_id]
        default = bool(item.get("IsDefault"))
        own = [one for one in found.things if one.place == frame_id and one.kind != "gateway"]
        shown = [one for one in mine if not default or one.id in held]
        small = default and not shown and not own
        cidr = ", ".join(str(one) for one in world.vpcs[frame_id].networks)
        count = f"{len(mine)} subnet{'' if len(mine) == 1 else 's'}"
        unshown = f" · {len(mine) - len(shown)} empty subnets not drawn" if len(mine) > len(shown) else ""
        note = f"{cidr} · {count} · nothing in it" if small else f"{cidr}{unshown}"
        name = "Default VPC" if default else found.called(frame_id)
        found.frames.append(
            Frame(frame_id, "vpc", name, note=note, small=small, facts=(("Id", frame_id), ("CIDR", cidr)))
        )
        if small:
            found.things = [one for one in found.things if one.place != frame_id]
            continue
        for zone in sorted({one.zone for one in shown}):
            found.frames.append(Frame(f"{frame_id}/{zone}", "zone", zone, within=frame_id))
            found.frames += _subnets(found, frame_id, zone, [one.id for one in shown if one.zone == zone])
        for acl in (one for one in world.acls.values() if one.vpc == frame_id):
            found.names[acl.id] = next((one for one in acl.subnets if one in held), frame_id)
        for table in (one for one in world.tables.values() if one.vpc == frame_id):
            found.names[table.id] = next((one for one in table.subnets if one in held), frame_id)


def _subnets(found: VpcParts, vpc: str, zone: str, ids: list[str]) -> Iterator[Frame]:
    made = []
    for frame_id in ids:
        pill, way = way_out(found.world, frame_id)
        cidr = ", ".join(str(one) for one in found.world.subnets[frame_id].networks)
        table = found.world.table_of(frame_id)
        facts = (("Id", frame_id), ("CIDR", cidr), ("Route table", table.id if table else "none"), ("Way out", way))
        made.append(
            Frame(frame_id, "subnet", found.called(frame_id), f"{vpc}/{zone}", f"{cidr} · {way}", pill, facts=facts)
        )
    order = ("public", "private", "isolated")
    yield from sorted(made, key=lambda one: (order.index(one.pill), _first(found.world, one.key)))


def _first(world: World, subnet: str) -> tuple[int, int]:
    networks: tuple[Network, ...] = world.subnets[subnet].networks
    return (networks[0].version, int(networks[0].network_address)) if networks else (0, 0)


def way_out(world: World, subnet: str) -> tuple[str, str]:
    """Return whether a subnet is public, and the route that says so: ("public", "out by igw-1")."""
    table = world.table_of(subnet)
    routes = [one for one in table.routes if one.active and _EVERYWHERE & set(one.networks)] if table else []
    gateways = [one.target for one in routes if one.target in world.internet_gateways]
    if gateways:
        return "public", f"route to {_short(gateways[0])}"
    if routes:
        return "private", f"route to {_short(routes[0].target)}"
    return "isolated", "no route out"


def _short(id: str) -> str:
    """Return an id's kind and its first letters: "igw-0a1b…"."""
    return id if len(id) <= 12 else f"{id[:9]}…"
