"""Questions of the network: can the internet reach this, can A reach B on port P. The engine is graders.network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from graders import Account
from graders.network import Path, UnknownResource, World, exposed, reachable, snapshot
from graders.network.path import NOT_MODELLED
from graders.network.world import Address, Eni
from labs.diagram.answers import Answer, Line, sorry
from labs.diagram.drawing import Mark
from labs.diagram.model import Sketch, Thing
from labs.diagram.vpcs import INTERNET, database_subnets

_SHOWN: Final = 8


def usual_port(thing: Thing) -> int:
    """Return the port that one would ask about: a listener's, an engine's, else HTTPS."""
    told = dict(thing.facts)
    if thing.kind == "database" and told.get("Port", "").isdigit():
        return int(told["Port"])
    first = re.search(r":(\d+)", told.get("Listeners", "")) if thing.kind == "balancer" else None
    return int(first[1]) if first else 443


def reached(account: Account, sketch: Sketch, source: str, target: str, port: str) -> Answer:
    """Answer whether one end reaches the other, with every hop."""
    ends = [sketch.by_key.get(one) for one in (source, target)]
    if ends[1] is None or (ends[0] is None and source != INTERNET):
        return sorry("That cannot be told", "One of the two ends is not in the diagram any more. Choose it again.")
    here, there = ends[0] or Thing(INTERNET, "internet", "Internet", ""), ends[1]
    number = int(port) if re.fullmatch("[0-9]{1,5}", port) else usual_port(there)
    if not 0 < number < 65536:
        return sorry("There is no such port", f"Ports are numbers from 1 to 65535, and {number} is none of them.")
    world = with_databases(account)
    try:
        path = reachable(world, _end(here), _end(there), number)
    except (UnknownResource, ValueError) as error:
        return sorry("That cannot be told", str(error))
    return _told(world, sketch, here, there, path)


def _end(thing: Thing) -> str:
    """Return the name by which the engine knows a thing."""
    if thing.kind == "balancer":
        return thing.arn
    return INTERNET if thing.kind == "internet" else thing.key


def with_databases(account: Account) -> World:
    """Return the network with each database's interface in it: EC2 lists none of them in the sandbox."""
    world = snapshot(account)
    made = []
    for place, item in enumerate(account.read("rds", "describe_db_instances").get("DBInstances", [])):
        homes = database_subnets(item, world)
        if not homes:
            continue
        groups = tuple(one["VpcSecurityGroupId"] for one in item.get("VpcSecurityGroups", []))
        home = next((one for one in world.subnets[homes[0]].networks if one.version == 4), None)
        if home is None:
            continue
        private = str(home[-2 - place % max(1, home.num_addresses - 6)])
        public = f"240.1.{place // 250}.{place % 250 + 1}" if item.get("PubliclyAccessible") else ""
        key = f"database/{item['DBInstanceIdentifier']}"
        made.append(Eni(key, homes[0], (Address(private, public),), (), groups, owner=key))
    return world.plus(*made) if made else world


def _told(world: World, sketch: Sketch, here: Thing, there: Thing, path: Path) -> Answer:
    who = "The internet" if here.kind == "internet" else here.title
    verb = "reaches" if path.reachable else "does not reach"
    headline = f"{'Yes' if path.reachable else 'No'}: {who} {verb} {there.title} on {path.protocol} {path.port}"
    tone = "yes" if path.reachable else "no"
    if not path.certain and not path.reachable:
        headline, tone = (
            f"That cannot be told: the way to {there.title} leads through something that is not simulated",
            "unknown",
        )
    lines = [
        Line(
            _spoken(sketch, world, hop.why),
            "unknown" if hop.code == NOT_MODELLED else "yes" if hop.allowed else "no",
            _named(sketch, world, hop.component),
            reply=hop.reply,
        )
        for hop in path.hops
    ]
    lines += [Line(one, "depends", "But") for one in path.caveats]
    if here.kind == "internet" and not path.reachable:
        lines += _other_ports(world, there, path)
    remedy = " ".join(dict.fromkeys(_spoken(sketch, world, hop.why) for hop in path.blockers))
    return Answer(
        headline,
        tone,
        tuple(lines),
        remedy,
        "Hop by hop",
        marks=tuple(_marks(sketch, world, path, (there, here))),
        path=(here.key, *(sketch.at.get(one, "") for one in path.via), there.key),
        ordered=True,
    )


def _other_ports(world: World, there: Thing, path: Path) -> Iterator[Line]:
    """What the internet does reach of it, where the port asked about is closed."""
    mine = {there.key, there.arn, *there.ids} - {""}
    open_ = [str(one) for one in exposed(world) if one.resource in mine][:_SHOWN]
    if open_:
        yield Line(f"What the internet does reach: {', '.join(open_)}.", "depends", "Other ports")


def _marks(sketch: Sketch, world: World, path: Path, ends: tuple[Thing, ...]) -> Iterator[Mark]:
    """One mark a place: what stops there counts more than what lets pass."""
    found: dict[str, Mark] = {}
    for hop in path.hops:
        at = _place(sketch, world, hop.component, ends)
        if at and (at not in found or (found[at].ok and not hop.allowed)):
            found[at] = Mark(at, hop.allowed, hop.why)
    yield from found.values()


def _place(sketch: Sketch, world: World, component: str, ends: tuple[Thing, ...]) -> str:
    if component in world.tables or component in world.acls:  # of the subnets of its two ends, where it is theirs
        homes = [one.place for one in ends if one.place in world.subnets]
        mine = (one for one in homes if component in (_id(world.table_of(one)), _id(world.acl_of(one))))
        return next(mine, "")
    if component in world.groups:
        return next(
            (one.key for one in ends if any(b.about == component for b in one.badges)), sketch.at.get(component, "")
        )
    if component in sketch.at:
        return sketch.at[component]
    if component in sketch.frame:
        return component
    eni = world.enis.get(component)
    if eni is not None:
        return next((sketch.at[one] for one in (eni.instance, eni.owner) if one in sketch.at), "")
    return ""


def _id(thing: object) -> str:
    return str(getattr(thing, "id", ""))


def _named(sketch: Sketch, world: World, component: str) -> str:
    """Return what a hop is called: its name with its id, as a learner finds it in the lists."""
    thing = sketch.by_key.get(sketch.at.get(component, ""))
    if component in world.groups:
        return f"Security group {world.groups[component].name}"
    kinds = {
        "rtb-": "Route table",
        "acl-": "Network ACL",
        "igw-": "Internet gateway",
        "nat-": "NAT gateway",
        "eni-": "Interface",
    }
    kind = next((word for prefix, word in kinds.items() if component.startswith(prefix)), "")
    if kind:
        owner = f" of {thing.title}" if thing and kind == "Interface" else ""
        return f"{kind} {component}{owner}"
    return thing.title if thing else component.rpartition("loadbalancer/")[2]


def _spoken(sketch: Sketch, world: World, text: str) -> str:
    """Put a thing's name in the place of the key or the ARN that the engine knows it by."""
    for balancer in world.balancers.values():
        text = text.replace(balancer.id, balancer.name)
    private = re.fullmatch(r"database/(\S+) has no public IPv4 address: .*", text)
    if private:
        return f"Database {private[1]} is not publicly accessible: a database that should be has that set, and public subnets."
    return re.sub(r"\bdatabase/([A-Za-z0-9-]+)", r"database \1", text)
