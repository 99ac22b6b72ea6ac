"""Which cards belong together along their links, and in which column each of them stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from labs.diagram.model import Link, Thing


def chains(things: Sequence[Thing], links: Iterable[Link]) -> tuple[list[list[Thing]], list[Thing]]:
    """Return the groups of things that are linked with each other, the largest first, and those that stand alone."""
    known = {one.key: one for one in things}
    near: dict[str, list[str]] = defaultdict(list)
    for link in links:
        if link.source in known and link.target in known:
            near[link.source].append(link.target)
            near[link.target].append(link.source)
    seen: set[str] = set()
    found: list[list[Thing]] = []
    for one in things:
        if one.key in seen or one.key not in near:
            continue
        group, rest = [], [one.key]
        seen.add(one.key)
        while rest:
            key = rest.pop(0)
            group.append(known[key])
            fresh = [each for each in near[key] if each not in seen]
            seen.update(fresh)
            rest += dict.fromkeys(fresh)
        found.append(group)
    found.sort(key=lambda group: (-len(group), group[0].key))
    return found, [one for one in things if one.key not in near]


def layers(chain: Sequence[Thing], links: Iterable[Link]) -> list[list[Thing]]:
    """Return columns: what sends stands left of what receives, and each column is ordered so that few lines cross."""
    known = {one.key: one for one in chain}
    out: dict[str, list[str]] = defaultdict(list)
    into: dict[str, list[str]] = defaultdict(list)
    for link in dict.fromkeys((one.source, one.target) for one in links):
        if link[0] in known and link[1] in known and link[0] != link[1]:
            out[link[0]].append(link[1])
            into[link[1]].append(link[0])
    depth = _depths(list(known), out)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for key in known:
        columns[depth[key]].append(key)
    for turn in range(4):
        beside = into if turn % 2 == 0 else out
        order = range(1, len(columns)) if turn % 2 == 0 else range(len(columns) - 2, -1, -1)
        rank = {key: place / max(1, len(column)) for column in columns for place, key in enumerate(column)}
        for number in order:
            columns[number].sort(key=lambda key: _middle(beside[key], rank))
            rank |= {key: place / max(1, len(columns[number])) for place, key in enumerate(columns[number])}
    return [[known[key] for key in column] for column in columns if column]


def _middle(keys: Sequence[str], rank: dict[str, float]) -> float:
    return sum(rank[key] for key in keys) / len(keys) if keys else 0.5


def _depths(keys: Sequence[str], out: dict[str, list[str]]) -> dict[str, int]:
    """The longest way to each, where ways that lead back are not gone; by steps, as a learner's chain may be long."""
    state: dict[str, int] = {}
    order: list[str] = []
    back: set[tuple[str, str]] = set()
    for root in keys:
        if root in state:
            continue
        rest = [(root, iter(out[root]))]
        state[root] = 1
        while rest:
            key, more = rest[-1]
            step = next(more, None)
            if step is None:
                state[key] = 2
                order.append(key)
                rest.pop()
            elif state.get(step) == 1:
                back.add((key, step))
            elif step not in state:
                state[step] = 1
                rest.append((step, iter(out[step])))
    depth = dict.fromkeys(keys, 0)
    for key in reversed(order):
        for step in out[key]:
            if (key, step) not in back:
                depth[step] = max(depth[step], depth[key] + 1)
    return depth
