"""A sketch with every thing in its place: nested frames, lanes of cards, and lines between them that cross no text.

Zones stand side by side and their tiers in rows, public ones above; what stands in no VPC is laid out from left to right
along its links. All numbers are pixels at 100 %. The same sketch gives the same drawing.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from labs.diagram import lanes
from labs.diagram.model import KINDS, Badge, Frame, Link, Sketch, Thing, clean
from labs.diagram.routing import Edge, Rect, route
from labs.diagram.services import OUTSIDE, PEOPLE
from labs.diagram.texts import cut, width
from labs.diagram.vpcs import INTERNET

CARD: Final = 200
LOW, HIGH = 48, 72  # a card without badges, and with
PAD: Final = 16
GAP: Final = 24
CHANNEL: Final = 64  # between two columns of cards with lines between them
EDGES: Final = 60  # lines drawn; all of them are in the list


@dataclass(frozen=True)
class Mark:
    """What an answer says of a place in the picture: a hop that lets pass, or the one that stops."""

    key: str
    ok: bool
    about: str = ""


@dataclass(frozen=True)
class Pill:
    """A badge of a card with its place in it."""

    text: str
    tone: str
    about: str
    x: int
    y: int
    width: int

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True)
class Card:
    """A thing in its place."""

    thing: Thing
    box: Rect
    name: str
    note: str
    pills: tuple[Pill, ...]
    label: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Box:
    """A frame in its place, with the words that stand in its head."""

    key: str
    kind: str
    box: Rect
    name: str
    note: str = ""
    pill: Pill | None = None
    label: str = ""
    mark: Mark | None = None
    inline: bool = False  # the note stands beside the name


@dataclass(frozen=True)
class Drawing:
    """All of it."""

    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    cards: tuple[Card, ...] = ()
    edges: tuple[Edge, ...] = ()
    undrawn: int = 0  # links that are in the list only


@dataclass
class _Maker:
    sketch: Sketch
    across: int
    marks: dict[str, Mark]
    boxes: list[Box] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    words: list[Rect] = field(default_factory=list)  # heads of frames: no line may cross them

    def card(self, thing: Thing, x: int, y: int) -> int:
        """Put a card there; return its height."""
        high = height_of(thing)
        self.cards.append(_card(self.sketch, thing, Rect(x, y, CARD, high), self.marks.get(thing.key)))
        return high

    def head(self, frame: Frame, box: Rect) -> None:
        """Put a frame there, with its name, its note and its pill."""
        room = box.width - 2 * PAD
        pill = None
        if frame.pill:
            wide = round(width(frame.pill, 11)) + 12
            pill = Pill(frame.pill, frame.pill, frame.note, box.right - PAD - wide, box.y + 10, wide)
            room -= wide + 8
        name = cut(frame.name, room, 13, bold=True)
        beside = frame.kind == "vpc" and frame.small
        note_room = box.width - 2 * PAD - (round(width(name, 13, bold=True)) + 12 if beside else 0)
        note = cut(frame.note, note_room, 11)
        if beside:
            note = note if note_room > 60 else ""
        label = f"{_kind(frame)} {clean(frame.name)}" + (f", {clean(frame.note)}" if frame.note else "")
        self.boxes.append(Box(frame.key, frame.kind, box, name, note, pill, label, self.marks.get(frame.key), beside))
        named, noted = round(width(name, 13, bold=True)), round(width(note, 11))
        wide = named + 12 + noted if beside else max(named, noted)
        lines = 1 if frame.kind == "zone" or beside else 2
        self.words.append(Rect(box.x + PAD - 4, box.y + 6, wide + 8, 18 * lines))
        if pill:
            self.words.append(Rect(pill.x - 4, pill.y - 4, pill.width + 8, 24))


def _kind(frame: Frame) -> str:
    return {"vpc": "VPC", "zone": "Availability zone", "subnet": f"{frame.pill.capitalize()} subnet"}.get(
        frame.kind, ""
    )


def height_of(thing: Thing) -> int:
    return HIGH if thing.badges else LOW


def _card(sketch: Sketch, thing: Thing, box: Rect, mark: Mark | None) -> Card:
    room = CARD - 56
    kind = KINDS[thing.kind][0]
    both = f"{kind} · {clean(thing.note)}"
    note = kind if not thing.note else both if width(both, 11) <= room else thing.note
    where, links = sketch.where(thing), sketch.connections(thing)
    said = [thing.title, *([clean(thing.note)] if thing.note else []), *([where] if where else [])]
    said += [clean(one.text) for one in thing.badges]
    said += ["; ".join(links[:4]) + (f" and {len(links) - 4} more" if len(links) > 4 else "")] if links else []
    pills = tuple(_pills(thing.badges, box))
    name = cut(thing.name, room, 13, bold=True)
    return Card(thing, box, name, cut(note, room, 11), pills, ", ".join(said), mark)


def _pills(badges: Sequence[Badge], box: Rect) -> Iterable[Pill]:
    """Badges side by side; those without room are a number at the end."""
    x, y, end = box.x + 10, box.y + 46, box.right - 10
    for place, badge in enumerate(badges):
        rest = len(badges) - place
        room = end - x - (30 if rest > 1 else 0)
        if room < 34:
            yield Pill(f"+{rest}", "group", ", ".join(clean(one.text) for one in badges[place:]), x, y, 28)
            return
        text = cut(badge.text, room - 14, 11)
        wide = min(room, round(width(text, 11)) + 14)
        yield Pill(text, badge.tone, clean(badge.about or badge.text), x, y, wide)
        x += wide + 6


@lru_cache(maxsize=64)
def draw(sketch: Sketch, *, across: int = 3, path: tuple[str, ...] = (), marks: tuple[Mark, ...] = ()) -> Drawing:
    """Return the drawing. `across`: zones (and cards) side by side. `path`: keys from one end of an answer to the other."""
    made = _Maker(sketch, max(1, min(across, 6)), {one.key: one for one in marks})
    top = PAD
    lone = sketch.by_key.get(INTERNET)
    inner_y = top + (LOW + 40 if lone else 0)
    right, y = _region(made, PAD, inner_y)
    right, y = _people(made, PAD, y + PAD, right)
    if lone:
        door = next((one.box.x for one in made.cards if one.thing.kind == "gateway"), (right - CARD) // 2)
        made.card(lone, door, top)
    chosen = _chosen(sketch, path)
    obstacles = [one.box for one in made.cards]
    ends = {one.thing.key: one.box for one in made.cards}
    frames = [one.box for one in made.boxes]
    size = (right + PAD, y + PAD)
    edges = route(chosen, ends, [*obstacles, *made.words], frames, size)
    drawn = {(one.link.source, one.link.target) for one in edges}
    undrawn = sum((one.source, one.target) not in drawn for one in sketch.links)
    return Drawing(*size, tuple(made.boxes), tuple(made.cards), tuple(edges), undrawn)


def _chosen(sketch: Sketch, path: tuple[str, ...]) -> list[Link]:
    """The lines to draw: the path of an answer first, then those that say most."""
    steps = [sketch.at.get(one, one) for one in path]
    known = sketch.by_key
    steps = [one for one in steps if one in known]
    pairs = [(a, b) for a, b in itertools.pairwise(steps) if a != b]
    chosen = [Link(a, b, "path") for a, b in dict.fromkeys(pairs)]
    rest = sorted(sketch.links, key=lambda one: one.kind in ("identity", "trust", "watch"))
    once: dict[tuple[str, str, str], Link] = {}
    flows = {(one.source, one.target) for one in rest if one.kind == "traffic"}
    for one in rest:
        # What sends traffic there may reach it: one line says both.
        if one.kind != "reference" or (one.source, one.target) not in flows:
            once.setdefault((one.source, one.target, one.kind), one)
    return chosen + list(once.values())[:EDGES]


def _region(made: _Maker, x: int, y: int) -> tuple[int, int]:
    """Draw the region's frame with all VPCs, and under them what stands outside; return its right edge and bottom."""
    sketch = made.sketch
    place = len(made.boxes)
    inner, at = x + PAD, y + 48
    right = inner
    things = [one for one in sketch.things if one.place == OUTSIDE or (one.place == "" and one.kind != "internet")]
    least = made.across * CARD + (made.across - 1) * GAP
    wide = max([least, *(size[0] for _, size in _chains(made, things)[0])])
    vpcs = [one for one in sketch.frames if one.kind == "vpc"]
    for vpc in sorted(vpcs, key=lambda one: one.small):
        to, at = _vpc(made, vpc, inner, at, wide)
        right, at = max(right, to), at + PAD
    if things:
        to, at = _outside(made, things, inner, at + (8 if right > inner else 0), max(least, right - inner))
        right = max(right, to)
    elif right == inner:
        right = inner + least
        at += LOW
    box = Rect(x, y, right + PAD - x, at + PAD - y)
    _widen(made, place, right)
    made.boxes.insert(
        place, Box("region", "region", box, sketch.region, f"Account {sketch.account}", label=f"Region {sketch.region}")
    )
    made.words.append(Rect(x + PAD - 4, y + 8, 140, 34))
    return box.right, box.bottom


def _widen(made: _Maker, since: int, right: int) -> None:
    """Let each VPC reach the region's edge: frames of one row are as wide as each other."""
    for place in range(since, len(made.boxes)):
        one = made.boxes[place]
        if one.kind == "vpc" and one.box.right < right:
            made.boxes[place] = replace(one, box=one.box._replace(width=right - one.box.x))


def _vpc(made: _Maker, vpc: Frame, x: int, y: int, least: int) -> tuple[int, int]:
    """Draw a VPC at least so wide: its zones share what room there is."""
    sketch = made.sketch
    place = len(made.boxes)
    if vpc.small:
        made.head(vpc, Rect(x, y, least, 36))
        return x + least, y + 36
    zones = [one for one in sketch.frames if one.kind == "zone" and one.within == vpc.key]
    own = [one for one in sketch.things if one.place == vpc.key]
    own.sort(key=lambda one: list(KINDS).index(one.kind) if one.kind != "gateway" else 0)
    columns = max(1, min(made.across, len(zones)))
    wide = max(columns * (CARD + 4 * PAD - 8) + (columns - 1) * PAD, least - 2 * PAD)
    zone_width = (wide - (columns - 1) * PAD) // columns
    at = y + 48
    if own:
        in_row = max(1, (wide + GAP) // (CARD + GAP))
        at = _grid(made, own, x + PAD, at, in_row) + GAP
    for start in range(0, len(zones), columns):
        at = _zones(made, zones[start : start + columns], x + PAD, at, zone_width) + PAD
    if not zones and not own:
        at += PAD
    made.head(vpc, Rect(x, y, wide + 2 * PAD, at - y))
    made.boxes.insert(place, made.boxes.pop())  # under what it holds
    return x + wide + 2 * PAD, at


def _grid(made: _Maker, things: Sequence[Thing], x: int, y: int, in_row: int) -> int:
    """Put cards in rows; return the bottom of the last."""
    for start in range(0, len(things), in_row):
        row = things[start : start + in_row]
        for place, one in enumerate(row):
            made.card(one, x + place * (CARD + GAP), y)
        y += max(map(height_of, row)) + GAP
    return y - GAP


def _zones(made: _Maker, zones: Sequence[Frame], x: int, y: int, wide: int) -> int:
    """Draw zones side by side with their tiers in rows; return their bottom."""
    tiers = ("public", "private", "isolated")
    sketch = made.sketch
    columns = max(1, (wide - 4 * PAD + 8 + GAP) // (CARD + GAP))
    inside: dict[str, dict[str, list[Frame]]] = {one.key: defaultdict(list) for one in zones}
    for one in sketch.frames:
        if one.kind == "subnet" and one.within in inside:
            inside[one.within][one.pill].append(one)
    heights = {
        tier: max(sum(_subnet_height(sketch, one, columns) + PAD for one in inside[zone.key][tier]) for zone in zones)
        for tier in tiers
    }
    high = 36 + sum(heights.values())
    for number, zone in enumerate(zones):
        left = x + number * (wide + PAD)
        place = len(made.boxes)
        at = y + 36
        for tier in tiers:
            top = at
            for subnet in inside[zone.key][tier]:
                tall = _subnet_height(sketch, subnet, columns)
                made.head(subnet, Rect(left + PAD - 4, top, wide - 2 * PAD + 8, tall))
                things = [one for one in sketch.things if one.place == subnet.key]
                _grid(made, things, left + 2 * PAD - 4, top + 52, columns)
                top += tall + PAD
            at += heights[tier]
        made.head(zone, Rect(left, y, wide, high))
        made.boxes.insert(place, made.boxes.pop())
    return y + high


def _subnet_height(sketch: Sketch, subnet: Frame, columns: int) -> int:
    things = [one for one in sketch.things if one.place == subnet.key]
    rows = [things[start : start + columns] for start in range(0, len(things), columns)]
    return 48 + (sum(max(map(height_of, row)) + GAP for row in rows) - GAP + PAD + 4 if rows else 4)


def _outside(made: _Maker, things: Sequence[Thing], x: int, y: int, wide: int) -> tuple[int, int]:
    """Draw what is linked from left to right, and what stands alone in a grid; return the right edge and the bottom."""
    right = x
    chains, alone = _chains(made, things)
    left, tall = x, 0
    for layers, size in chains:
        if left > x and left + size[0] > x + wide:
            left, y, tall = x, y + tall + GAP + 8, 0
        _chain(made, layers, left, y, size[1], down=made.across == 1)
        right, tall = max(right, left + size[0]), max(tall, size[1])
        left += size[0] + CHANNEL
    if chains:
        y += tall + GAP + 8
    if alone:
        order = list(KINDS)
        alone.sort(key=lambda one: (one.kind == "more", order.index(one.kind), one.name))
        in_row = max(1, (max(wide, right - x) + GAP) // (CARD + GAP))
        y = _grid(made, alone, x, y, in_row) + GAP
        right = max(right, x + min(in_row, len(alone)) * (CARD + GAP) - GAP)
    return right, y - GAP


def _chains(
    made: _Maker, things: Sequence[Thing]
) -> tuple[list[tuple[list[list[Thing]], tuple[int, int]]], list[Thing]]:
    """Return the columns of each chain with its size, and what stands alone."""
    found, alone = lanes.chains(things, made.sketch.links)
    sized = []
    for chain in found:
        layers = lanes.layers(chain, made.sketch.links)
        if made.across == 1:  # a narrow page: from the top down
            layers = [[one] for layer in layers for one in layer]
            sized.append((layers, (CARD, sum(height_of(one) + 40 for layer in layers for one in layer) - 40)))
        else:
            sized.append((layers, (len(layers) * (CARD + CHANNEL) - CHANNEL, max(map(_pile, layers)))))
    return sized, alone


def _pile(layer: Sequence[Thing]) -> int:
    return sum(height_of(one) + GAP for one in layer) - GAP


def _chain(made: _Maker, layers: Sequence[Sequence[Thing]], x: int, y: int, tall: int, *, down: bool) -> None:
    for layer in layers:
        at = y if down else y + (tall - _pile(layer)) // 2 // 8 * 8
        for one in layer:
            at += made.card(one, x, at) + (40 if down else GAP)
        if down:
            y = at
        else:
            x += CARD + CHANNEL


def _people(made: _Maker, x: int, y: int, right: int) -> tuple[int, int]:
    """Draw users and roles in a frame of their own: they belong to the account, not to its region."""
    things = [one for one in made.sketch.things if one.place == PEOPLE]
    if not things:
        return right, y - PAD
    in_row = max(1, (right - x - 2 * PAD + GAP) // (CARD + GAP))
    place = len(made.boxes)
    bottom = _grid(made, things, x + PAD, y + 48, in_row) + PAD
    right = max(right, x + 2 * PAD + CARD)
    box = Rect(x, y, right - x, bottom - y)
    made.head(Frame("people", "people", "Users and roles", note="of the whole account, in no region"), box)
    made.boxes.insert(place, made.boxes.pop())
    return right, bottom
