"""How well a domain is mastered, what a drill takes, and what is still locked.

The mastery of a domain is the share of its practice items that a person is expected to get right today: for an item whose
last answer was right, how probable it is that it would be recalled now (FSRS's retrievability); for a missed or unseen
item, 0. So it is about everything that there is to practise, not just about what was tried, and it fades as memory does.
That a share of it, such as 80 %, opens what comes next is Bloom's rule ("Learning for Mastery", 1968).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courses.exams.chance import Stream, largest_remainder

MIX = {"again": 50, "unseen": 40, "mastered": 10}  # percents of a drill; what one kind lacks, the one before it gives
DRILL = 10  # items


@dataclass(frozen=True)
class Standing:
    """How an item stands with a person. `right` None: not answered yet; `recall` is of what was right."""

    item_id: str
    domain: str
    right: bool | None = None
    recall: float = 0.0
    due_at: datetime | None = None

    def kind(self, now: datetime) -> str:
        """Return again (missed, or due), unseen or mastered (right, and not due yet)."""
        if self.right is None:
            return "unseen"
        return "mastered" if self.right and self.due_at and self.due_at > now else "again"


@dataclass(frozen=True)
class Mastery:
    """A domain: of `items`, `answered` ones were tried, `right` ones were right the last time. `percent` is whole."""

    domain: str
    title: str
    items: int
    answered: int
    right: int
    percent: int


@dataclass(frozen=True)
class Missing:
    """What keeps something locked: a domain whose mastery is below what is required."""

    domain: str
    title: str
    wanted: int
    have: int


def masteries(domains: Mapping[str, str], standings: Iterable[Standing]) -> tuple[Mastery, ...]:
    """Return the mastery of each domain that has items, in the course's order. Percents are rounded down."""
    by_domain: dict[str, list[Standing]] = {}
    for one in standings:
        by_domain.setdefault(one.domain, []).append(one)
    found = []
    for domain, title in domains.items():
        mine = by_domain.get(domain, [])
        if mine:
            recalled = sum(one.recall for one in mine if one.right)
            answered = sum(one.right is not None for one in mine)
            right = sum(bool(one.right) for one in mine)
            found.append(Mastery(domain, title, len(mine), answered, right, int(100 * recalled / len(mine) + 1e-9)))
    return tuple(found)


def missing(requires: Mapping[str, int], domains: Mapping[str, str], found: Sequence[Mastery]) -> tuple[Missing, ...]:
    """Return what is lacking of the required percents; nothing: it is open. A domain without items asks for nothing."""
    have = {one.domain: one.percent for one in found}
    return tuple(
        Missing(domain, domains.get(domain, domain), wanted, have[domain])
        for domain, wanted in requires.items()
        if domain in have and have[domain] < wanted
    )


def drill(standings: Sequence[Standing], *, now: datetime, seed: str, count: int = DRILL) -> tuple[str, ...]:
    """Return the ids of the items of a drill, in the order in which they are asked.

    Of what is to be seen again, what was missed and what is due longest come first; of what is mastered, what is nearest
    to being forgotten. The same seed gives the same drill.
    """
    kinds: dict[str, list[Standing]] = {kind: [] for kind in MIX}
    for one in standings:
        kinds[one.kind(now)].append(one)
    lot = {one.item_id: Stream(seed, "lot", one.item_id).word() for one in standings}
    kinds["again"].sort(key=lambda one: (bool(one.right), one.due_at or now, lot[one.item_id]))
    kinds["unseen"].sort(key=lambda one: lot[one.item_id])
    kinds["mastered"].sort(key=lambda one: (one.recall, lot[one.item_id]))
    quotas = largest_remainder(min(count, len(standings)), MIX)
    taken: list[Standing] = []
    spare: list[Standing] = []
    for kind in MIX:
        taken += kinds[kind][: quotas[kind]]
        spare += kinds[kind][quotas[kind] :]
    taken += spare[: min(count, len(standings)) - len(taken)]
    return tuple(Stream(seed, "order").shuffled(sorted(one.item_id for one in taken)))
