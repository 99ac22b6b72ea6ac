"""An account read into a sketch: the network first, then service by service; one that cannot be read hides no other."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from graders import Account
from graders.iam import InvalidPolicy
from graders.network import UnknownResource
from labs.diagram.model import KINDS, LINKS, Frame, Link, Sketch, Thing, linked
from labs.diagram.services import OUTSIDE, PEOPLE, READERS, TITLES
from labs.diagram.vpcs import INTERNET, read_network

logger = logging.getLogger(__name__)

# Services whose things stand in VPCs: with one of them in use, the network is drawn.
_IN_VPCS: Final = frozenset({"ec2", "vpc", "elbv2", "elb", "rds", "autoscaling", "ecs", "elasticache", "efs"})
_OTHER_NAMES: Final = {"s3api": "s3", "s3control": "s3", "sesv2": "ses", "elasticloadbalancing": "elbv2"}
_MOST: Final = 60
# Of one kind so many stand for themselves; the others are one card that says how many they are.
_MOST_OF_A_KIND: Final = 8


def sketch(account: Account, services: Iterable[str]) -> Sketch:
    """Return what the named services hold. A service that does not answer is named in `unread`."""
    wanted = {_OTHER_NAMES.get(one, one) for one in services}
    if "lambda" in wanted or wanted & _IN_VPCS:
        wanted.add("iam")  # whose role is worn
    things: list[Thing] = []
    links: list[Link] = []
    frames: tuple[Frame, ...] = ()
    unread: list[str] = []
    names: dict[str, str] = {}
    if wanted & _IN_VPCS:
        try:
            found = read_network(account, databases="rds" in wanted)
        except (BotoCoreError, ClientError, UnknownResource, ValueError) as error:
            logger.warning("The network of %s could not be read: %s", account.account_id, error)
            unread.append("EC2 and VPC")
        else:
            things += found.things
            links += found.links
            frames, names = tuple(found.frames), found.names
    for service, reader in READERS.items():
        if service not in wanted:
            continue
        try:
            for one in reader(account):
                (things if isinstance(one, Thing) else links).append(one)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError, InvalidPolicy, ValueError) as error:
            logger.warning("%s of %s could not be read: %s", service, account.account_id, error)
            unread.append(TITLES[service])
    links += _profiles(things)
    things = list({one.key: one for one in things}.values())
    if any(link.source == INTERNET and link.target in {one.key for one in things} for link in links):
        things.insert(0, Thing(INTERNET, "internet", "Internet", "", note="everybody else"))
    kept, more = _grouped(things, links)
    return Sketch(
        account.account_id,
        account.region,
        tuple(kept),
        frames,
        linked(_led(links, more), kept),
        tuple(dict.fromkeys(unread)),
        tuple(sorted({**names, **more}.items())),
    )


def _profiles(things: Iterable[Thing]) -> list[Link]:
    """An instance wears the role of its profile; consoles and most people give both the same name."""
    roles = {one.name for one in things if one.kind == "role"}
    worn = ((one.key, value) for one in things for label, value in one.facts if label == "Instance profile")
    return [Link(key, f"role/{name}", "identity") for key, name in worn if name in roles]


def _grouped(things: list[Thing], links: list[Link]) -> tuple[list[Thing], dict[str, str]]:
    """Return the things to draw, and into which card the others went: those with fewest links, kind by kind."""
    degree = Counter(end for link in links if link.kind in LINKS for end in (link.source, link.target))
    by_kind: dict[tuple[str, str], list[Thing]] = defaultdict(list)
    for one in things:
        by_kind[one.place, one.kind].append(one)
    over = len(things) > _MOST
    gone: dict[str, str] = {}
    made: dict[str, Thing] = {}
    for (place, kind), members in by_kind.items():
        most = _MOST_OF_A_KIND if place in (OUTSIDE, PEOPLE) else _MOST_OF_A_KIND // 2 if over else _MOST
        if len(members) <= most + 1:
            continue
        ranked = sorted(members, key=lambda one: (-degree[one.key], one.name))
        rest = ranked[most:]
        key = f"more/{place}/{kind}"
        names = tuple((f"{one.title}", one.note or "like the others") for one in rest[:40])
        made[key] = Thing(key, "more", f"{len(rest)} more", place, note=_plural(kind), facts=names)
        gone |= {one.key: key for one in rest}
    return [one for one in things if one.key not in gone] + list(made.values()), gone


def _plural(kind: str) -> str:
    word = KINDS[kind][0].lower()
    return f"{word[:-1]}ies" if word.endswith("y") and not word.endswith("ey") else f"{word}s"


def _led(links: Iterable[Link], gone: dict[str, str]) -> list[Link]:
    return [
        Link(gone.get(one.source, one.source), gone.get(one.target, one.target), one.kind, one.label) for one in links
    ]
