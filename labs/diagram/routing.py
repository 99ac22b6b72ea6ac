"""Lines between cards: along the gaps, at right angles, through no card and no word.

A way is searched (A*) on the lines that the cards' own edges suggest: few, so that it is quick. A bend costs, a line on top
of another's costs more; lines from one card, or to one, may run together.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from labs.diagram.model import Link
from labs.diagram.texts import cut, width

_STUB: Final = 8
_RIM: Final = 4
_BEND, _SHARED, _CROSSING, _ASIDE, _TAKEN = 36, 90, 14, 8, 24
_LIMIT: Final = 30_000  # steps of one search: beyond it the line is not drawn


class Rect(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    def overlaps(self, other: Rect) -> bool:
        """Whether they share more than an edge."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Rect) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom


Point = tuple[int, int]


@dataclass(frozen=True)
class Edge:
    """A link with its way. `arrow` are the corners of its head."""

    link: Link
    points: tuple[Point, ...]
    label: str = ""
    spot: Rect | None = None

    @property
    def kind(self) -> str:
        return self.link.kind

    @property
    def path(self) -> str:
        """The way as an SVG path, its corners rounded."""
        points = self.points
        said = [f"M{points[0][0]} {points[0][1]}"]
        for before, at, after in zip(points, points[1:], points[2:], strict=False):
            near, far = _towards(at, before), _towards(at, after)
            said.append(f"L{near[0]} {near[1]}Q{at[0]} {at[1]} {far[0]} {far[1]}")
        end = _towards(points[-1], points[-2], 5)
        return "".join([*said, f"L{end[0]} {end[1]}"])

    @property
    def arrow(self) -> str:
        (x, y), (fx, fy) = self.points[-1], self.points[-2]
        dx, dy = (x > fx) - (x < fx), (y > fy) - (y < fy)
        corners = ((x, y), (x - 8 * dx - 4 * dy, y - 8 * dy - 4 * dx), (x - 8 * dx + 4 * dy, y - 8 * dy + 4 * dx))
        return " ".join(f"{a},{b}" for a, b in corners)


def _towards(at: Point, other: Point, most: int = 6) -> Point:
    dx, dy = other[0] - at[0], other[1] - at[1]
    step = min(most, abs(dx + dy) // 2) if most == 6 else min(most, abs(dx + dy))
    return (at[0] + ((dx > 0) - (dx < 0)) * step, at[1] + ((dy > 0) - (dy < 0)) * step)


class _Port(NamedTuple):
    """Where a line leaves a card: on its edge, and the point outside from which it goes on; `flat` sideways."""

    edge: Point
    stub: Point
    flat: bool
    price: int


def _ports(box: Rect) -> list[_Port]:
    cx, cy = box.x + box.width // 2, box.y + box.height // 2
    found = []
    for step in (0, -12, 12):
        y, price = cy + step, _ASIDE if step else 0
        found.append(_Port((box.right, y), (box.right + _STUB, y), True, price))
        found.append(_Port((box.x, y), (box.x - _STUB, y), True, price))
    for step in (0, -48, 48):
        x, price = cx + step, _ASIDE if step else 0
        found.append(_Port((x, box.bottom), (x, box.bottom + _STUB), False, price))
        found.append(_Port((x, box.y), (x, box.y - _STUB), False, price))
    return found


@dataclass
class _Grid:
    xs: list[int]
    ys: list[int]
    across: list[bytearray] = field(default_factory=list)  # [j][i]: from xs[i] to xs[i + 1] along ys[j] is free
    down: list[bytearray] = field(default_factory=list)  # [j][i]: from ys[j] to ys[j + 1] along xs[i] is free
    used: dict[tuple[int, int, int], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[Point, tuple[str, str]] = field(default_factory=dict)

    def block(self, box: Rect) -> None:
        """Nothing runs through the inside of a rectangle."""
        left, right = bisect_right(self.xs, box.x), bisect_left(self.xs, box.right)
        top, bottom = bisect_right(self.ys, box.y), bisect_left(self.ys, box.bottom)
        for j in range(top, bottom):
            for i in range(max(0, left - 1), min(right, len(self.xs) - 1)):
                self.across[j][i] = 0
        for j in range(max(0, top - 1), min(bottom, len(self.ys) - 1)):
            for i in range(left, right):
                self.down[j][i] = 0


def _grid(
    ends: Mapping[str, Rect], obstacles: Sequence[Rect], frames: Sequence[Rect], size: Point, wanted: set[str]
) -> _Grid:
    xs, ys = set(), set()
    for key, box in ends.items():
        xs |= {box.x - _STUB, box.right + _STUB}
        ys |= {box.y - _STUB, box.bottom + _STUB}
        if key in wanted:
            for port in _ports(box):
                xs.add(port.stub[0])
                ys.add(port.stub[1])
    for box in frames:
        for lines, values in ((xs, (box.x - 6, box.right + 6)), (ys, (box.y - 6, box.bottom + 6))):
            lines.update(value for value in values if not lines & {value - 1, value, value + 1})
    kept_x = sorted(one for one in xs if 2 < one < size[0] - 2)
    kept_y = sorted(one for one in ys if 2 < one < size[1] - 2)
    made = _Grid(kept_x, kept_y)
    made.across = [bytearray(b"\1") * len(kept_x) for _ in kept_y]
    made.down = [bytearray(b"\1") * len(kept_x) for _ in kept_y]
    for box in obstacles:  # with a rim: a line along a card's edge would look like a part of it
        made.block(Rect(box.x - _RIM, box.y - _RIM, box.width + 2 * _RIM, box.height + 2 * _RIM))
    return made


def route(
    links: Iterable[Link], ends: Mapping[str, Rect], obstacles: Sequence[Rect], frames: Sequence[Rect], size: Point
) -> list[Edge]:
    """Return a line for each link whose ends are known, those that say most first; one without a free way is left out."""
    chosen = [one for one in links if one.source in ends and one.target in ends]
    if not chosen:
        return []
    grid = _grid(ends, obstacles, frames, size, {end for one in chosen for end in (one.source, one.target)})
    found = []
    for link in chosen:
        points = _way(grid, link, ends[link.source], ends[link.target])
        if points:
            found.append(Edge(link, tuple(points)))
    return _labelled(found, obstacles)


def _way(grid: _Grid, link: Link, source: Rect, target: Rect) -> list[Point]:
    xs, ys = grid.xs, grid.ys
    index_x = {value: place for place, value in enumerate(xs)}
    index_y = {value: place for place, value in enumerate(ys)}
    pair = (link.source, link.target)
    goals: dict[tuple[int, int], _Port] = {}
    for port in _ports(target):
        if port.stub[0] in index_x and port.stub[1] in index_y:
            goals.setdefault((index_x[port.stub[0]], index_y[port.stub[1]]), port)
    left, right = target.x - _STUB, target.right + _STUB
    top, bottom = target.y - _STUB, target.bottom + _STUB

    def far(i: int, j: int) -> int:
        x, y = xs[i], ys[j]
        dx = left - x if x < left else x - right if x > right else 0
        dy = top - y if y < top else y - bottom if y > bottom else 0
        return dx + dy + (_BEND if dx and dy else 0)

    heap: list[tuple[int, int, int, int, bool]] = []
    best: dict[tuple[int, int, bool], int] = {}
    before: dict[tuple[int, int, bool], tuple[int, int, bool] | None] = {}
    begun: dict[tuple[int, int, bool], _Port] = {}
    for port in _ports(source):
        if port.stub[0] in index_x and port.stub[1] in index_y:
            state = (index_x[port.stub[0]], index_y[port.stub[1]], port.flat)
            price = port.price + _taken(grid, port.edge, pair)
            if price < best.get(state, 1 << 30):
                best[state], before[state], begun[state] = price, None, port
                heapq.heappush(heap, (price + far(state[0], state[1]), price, *state))
    last: tuple[int, int, bool] | None = None
    done, end = 1 << 30, None
    for _ in range(_LIMIT):
        if not heap or heap[0][0] >= done:
            break
        _, price, i, j, flat = heapq.heappop(heap)
        state = (i, j, flat)
        if price > best[state]:
            continue
        goal = goals.get((i, j))
        if goal is not None:
            total = price + goal.price + (0 if goal.flat is flat else _BEND) + _taken(grid, goal.edge, pair)
            if total < done:
                done, last, end = total, state, goal
        for ni, nj, to_flat in _steps(grid, i, j):
            length = abs(xs[ni] - xs[i]) + abs(ys[nj] - ys[j])
            cost = price + length + (0 if to_flat is flat else _BEND) + _used(grid, i, j, ni, nj, pair)
            step = (ni, nj, to_flat)
            if cost < best.get(step, 1 << 30):
                best[step], before[step] = cost, state
                heapq.heappush(heap, (cost + far(ni, nj), cost, ni, nj, to_flat))
    if last is None or end is None:
        return []
    chain: list[tuple[int, int, bool]] = []
    at: tuple[int, int, bool] | None = last
    while at is not None:
        chain.append(at)
        at = before[at]
    chain.reverse()
    for (i, j, _), (ni, nj, _) in itertools.pairwise(chain):
        grid.used[_segment(i, j, ni, nj)].append(pair)
    start = begun[chain[0]]
    grid.ends[start.edge], grid.ends[end.edge] = pair, pair
    return _straight([start.edge, *((xs[i], ys[j]) for i, j, _ in chain), end.edge])


def _steps(grid: _Grid, i: int, j: int) -> Iterable[tuple[int, int, bool]]:
    if i + 1 < len(grid.xs) and grid.across[j][i]:
        yield i + 1, j, True
    if i and grid.across[j][i - 1]:
        yield i - 1, j, True
    if j + 1 < len(grid.ys) and grid.down[j][i]:
        yield i, j + 1, False
    if j and grid.down[j - 1][i]:
        yield i, j - 1, False


def _segment(i: int, j: int, ni: int, nj: int) -> tuple[int, int, int]:
    return (min(i, ni), min(j, nj), int(j == nj))


def _used(grid: _Grid, i: int, j: int, ni: int, nj: int, pair: tuple[str, str]) -> int:
    """What it costs to run where others do, or to cross them."""
    if not grid.used:
        return 0
    price = 0
    here = grid.used.get(_segment(i, j, ni, nj))
    if here:
        price += _SHARED * sum(not _related(one, pair) for one in here)
    flat = j == nj
    beside = ((ni, nj, 0), (ni, nj - 1, 0)) if flat else ((ni, nj, 1), (ni - 1, nj, 1))
    return price + _CROSSING * sum(bool(grid.used.get(one)) for one in beside)


def _related(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] or one[1] == other[1]


def _taken(grid: _Grid, edge: Point, pair: tuple[str, str]) -> int:
    other = grid.ends.get(edge)
    return 0 if other is None or _related(other, pair) else _TAKEN


def _straight(points: Sequence[Point]) -> list[Point]:
    """Return the points without those on a straight line between their neighbours."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return kept


def _labelled(edges: Sequence[Edge], obstacles: Sequence[Rect]) -> list[Edge]:
    """Put each label on its line where nothing else is; one without such a place is in the list only."""
    taken = list(obstacles)
    lines = [
        (number, Rect(min(a[0], b[0]) - 2, min(a[1], b[1]) - 2, abs(a[0] - b[0]) + 4, abs(a[1] - b[1]) + 4))
        for number, one in enumerate(edges)
        for a, b in zip(one.points, one.points[1:], strict=False)
    ]
    found = []
    said: set[tuple[str, str, str]] = set()
    for number, one in enumerate(edges):
        text = cut(one.link.label, 110, 11)
        once = (one.link.target, one.kind, text)
        spot = None if not text or once in said else _spot(one, number, round(width(text, 11)) + 12, taken, lines)
        if spot:
            taken.append(spot)
            said.add(once)
        found.append(Edge(one.link, one.points, text if spot else "", spot))
    return found


def _spot(edge: Edge, number: int, wide: int, taken: Sequence[Rect], lines: Sequence[tuple[int, Rect]]) -> Rect | None:
    parts = sorted(
        zip(edge.points, edge.points[1:], strict=False),
        key=lambda ab: -abs(ab[0][0] - ab[1][0]) - abs(ab[0][1] - ab[1][1]),
    )
    for (ax, ay), (bx, by) in parts:
        room = abs(ax - bx) if ay == by else abs(ay - by)
        if room < (wide + 12 if ay == by else 32):
            continue
        for share in (0.5, 0.35, 0.65):
            x, y = round(ax + (bx - ax) * share), round(ay + (by - ay) * share)
            spot = Rect(x - wide // 2, y - 9, wide, 18)
            if spot.x < 4 or any(spot.overlaps(one) for one in taken):
                continue
            if not any(other != number and spot.overlaps(line) for other, line in lines):
                return spot
    return None
