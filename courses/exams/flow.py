"""The cheapest flow through a small network: how a form fulfils several quotas at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

Node = str | tuple[str, ...]


@dataclass
class Arc:
    """An arc whose n-th unit costs costs[n], never less than the one before. `entries`: the items of a cell."""

    tail: Node
    head: Node
    costs: list[int]
    entries: list[tuple[int, str]] = field(default_factory=list)
    flow: int = 0


def send(arcs: Sequence[Arc], wanted: int) -> int:
    """Send units from "source" to "sink", each by the cheapest path (Bellman, Ford); return how many went."""
    out: dict[Node, list[tuple[Arc, bool]]] = {"source": [], "sink": []}
    for arc in arcs:
        out.setdefault(arc.tail, []).append((arc, True))
        out.setdefault(arc.head, []).append((arc, False))
    for sent in range(wanted):
        reached: dict[Node, int] = {"source": 0}
        came: dict[Node, tuple[Arc, bool]] = {}
        queue: deque[Node] = deque(["source"])
        waiting: set[Node] = {"source"}
        while queue:
            node = queue.popleft()
            waiting.discard(node)
            so_far = reached[node]
            for arc, forward in out[node]:
                if forward:
                    if arc.flow >= len(arc.costs):
                        continue
                    other, price = arc.head, so_far + arc.costs[arc.flow]
                else:
                    if not arc.flow:
                        continue
                    other, price = arc.tail, so_far - arc.costs[arc.flow - 1]
                known = reached.get(other)
                if known is None or price < known:
                    reached[other] = price
                    came[other] = (arc, forward)
                    if other not in waiting:
                        waiting.add(other)
                        queue.append(other)
        if "sink" not in reached:
            return sent
        node = "sink"
        while node != "source":
            arc, forward = came[node]
            arc.flow += 1 if forward else -1
            node = arc.tail if forward else arc.head
    return wanted
