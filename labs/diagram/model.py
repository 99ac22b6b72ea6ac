"""What a diagram shows, before anything has a place in it: things, the frames they stand in, and links between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

# What a kind of thing is called, and the family that its glyph's colour comes from.
KINDS: Final = {
    "instance": ("Instance", "compute"),
    "function": ("Function", "compute"),
    "state-machine": ("State machine", "compute"),
    "cluster": ("ECS cluster", "compute"),
    "database": ("Database", "data"),
    "standby": ("Standby", "data"),
    "table": ("Table", "data"),
    "bucket": ("Bucket", "storage"),
    "balancer": ("Load balancer", "network"),
    "internet": ("Internet", "outside"),
    "gateway": ("Internet gateway", "network"),
    "nat": ("NAT gateway", "network"),
    "endpoint": ("VPC endpoint", "network"),
    "peering": ("Peering", "network"),
    "group": ("Security group", "security"),
    "distribution": ("Distribution", "network"),
    "api": ("API", "network"),
    "topic": ("Topic", "message"),
    "queue": ("Queue", "message"),
    "rule": ("Rule", "message"),
    "stream": ("Stream", "message"),
    "alarm": ("Alarm", "watch"),
    "log": ("Log group", "watch"),
    "trail": ("Trail", "watch"),
    "role": ("Role", "people"),
    "user": ("User", "people"),
    "key": ("Key", "security"),
    "secret": ("Secret", "security"),
    "subscriber": ("Subscriber", "outside"),
    "more": ("More", "outside"),
}
# What a link says, from its source to its target and the other way round.
LINKS: Final = {
    "traffic": ("sends traffic to", "gets traffic from"),
    "reference": ("may reach", "lets in"),
    "subscription": ("delivers to", "is subscribed to"),
    "notification": ("notifies", "is notified by"),
    "source": ("feeds", "is fed by"),
    "action": ("tells", "is told by"),
    "watch": ("watches", "is watched by"),
    "target": ("invokes", "is invoked by"),
    "failure": ("sends what failed to", "gets what failed in"),
    "identity": ("acts as", "is worn by"),
    "trust": ("may become", "trusts"),
    "origin": ("fetches from", "is the origin of"),
    "replica": ("replicates to", "is replicated from"),
    "standby": ("fails over to", "stands by for"),
    "peering": ("peers with", "peers with"),
}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: object) -> str:
    """Return a learner's text as it may stand in XML and in a line: no control characters, no overrides of direction."""
    said = "".join(" " if one in "\t\n\r" else one for one in str(text))
    return "".join(one for one in said if unicodedata.category(one) not in _UNSEEN)


@dataclass(frozen=True)
class Badge:
    """A few letters on a card. `tone`: "" or "group" (a security group), "good", "warn"."""

    text: str
    tone: str = ""
    about: str = ""


@dataclass(frozen=True)
class Thing:
    """A card. `key` names it in addresses and is one of a kind; `place` is the frame that it stands in.

    `ids` are other names under which engines know it (its ARN, its interfaces).
    """

    key: str
    kind: str
    name: str
    place: str
    note: str = ""
    badges: tuple[Badge, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    arn: str = ""
    ids: tuple[str, ...] = ()
    off: bool = False  # it is there and does nothing: stopped, not attached

    @property
    def title(self) -> str:
        """What it is called in a sentence: "Bucket invoices"."""
        return f"{KINDS[self.kind][0]} {clean(self.name)}" if self.name != KINDS[self.kind][0] else self.name

    @property
    def family(self) -> str:
        return KINDS[self.kind][1]

    @property
    def slug(self) -> str:
        """A name that an HTML id can hold."""
        return re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}_", self.key)


@dataclass(frozen=True)
class Frame:
    """A box around things: a VPC, a zone, a subnet. `within` is the frame around it, `tier` its row in its zone."""

    key: str
    kind: str  # "vpc" | "zone" | "subnet"
    name: str
    within: str = ""
    note: str = ""
    pill: str = ""  # "public" | "private" | "isolated"
    small: bool = False  # nothing stands in it: one line is enough
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Link:
    """An edge. `label` is what passes ("tcp 443"), where that says more than the kind."""

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Sketch:
    """All of a sandbox that is worth drawing. `unread` are the services that could not be read."""

    account: str
    region: str
    things: tuple[Thing, ...] = ()
    frames: tuple[Frame, ...] = ()
    links: tuple[Link, ...] = ()
    unread: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = field(default=())  # an engine's id -> the key of the thing or frame it is at

    @cached_property
    def by_key(self) -> dict[str, Thing]:
        return {one.key: one for one in self.things}

    @cached_property
    def frame(self) -> dict[str, Frame]:
        return {one.key: one for one in self.frames}

    @cached_property
    def at(self) -> dict[str, str]:
        """Where an engine's id stands in the picture."""
        found = dict(self.names)
        for one in self.things:
            found |= dict.fromkeys((one.key, one.arn, *one.ids), one.key)
        found.pop("", None)
        return found

    @property
    def empty(self) -> bool:
        """Whether the learner has made nothing yet that is drawn."""
        return not self.things and all(one.small for one in self.frames)

    def where(self, thing: Thing) -> str:
        """Return where a thing stands, in words: "in public subnet web-a, us-east-1a"."""
        frame = self.frame.get(thing.place)
        if frame is None:
            return ""
        if frame.kind == "subnet":
            zone = self.frame.get(frame.within)
            said = f"in {frame.pill + ' ' if frame.pill else ''}subnet {clean(frame.name)}"
            return f"{said}, {zone.name}" if zone else said
        return f"in VPC {clean(frame.name)}" if frame.kind == "vpc" else ""

    def connections(self, thing: Thing) -> list[str]:
        """Return what a thing is connected to, a phrase a link: "delivers to Queue orders"."""
        said: dict[str, None] = {}
        for link in self.links:
            there = link.target if link.source == thing.key else link.source if link.target == thing.key else ""
            other = self.by_key.get(there)
            if other is None:
                continue
            words = LINKS[link.kind][0 if link.source == thing.key else 1]
            said[f"{words} {other.title}" + (f" ({clean(link.label)})" if link.label else "")] = None
        return list(said)


def linked(links: Iterable[Link], things: Iterable[Thing]) -> tuple[Link, ...]:
    """Return each link once, without those that lead nowhere or back."""
    known = {one.key for one in things}
    fit = (one for one in links if one.source in known and one.target in known and one.source != one.target)
    return tuple(dict.fromkeys(fit))
