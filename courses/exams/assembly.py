"""A form of an exam from its pool: which items, in which order, with their choices in which order.

All chance comes from one seed through HMAC-SHA256, never from `random`: the same seed, exam and pool give the same form
on any machine and any Python. Only the standard library is imported, so that a bare interpreter can prove it.

- The domains' weights are quotas of the scored items of a section, by largest remainder; a section's type weights are
  quotas, too. Both are kept exactly, or the exam cannot be sat (PoolTooSmall says what is lacking).
- Within them, in this order: items that the candidate has not seen, items below the exposure cap, the difficulty
  quotas, items used less often so far, chance. One minimum-cost flow a section weighs it all.
- Unscored items come from the pilots (then from live items that are left over), as near to the same quotas as unseen
  ones below the cap allow, and are shuffled among the others: neither place nor type nor domain tells them apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from courses.exams.chance import Stream, largest_remainder
from courses.exams.flow import Arc, send

VERSION = 1  # of these rules: a change that would give another form from the same seed is another version
BANDS = {"easy": 0.7, "medium": 0.4, "hard": 0.0}  # by the share expected to be right: the least of each band

# --- What goes in -----------------------------------------------------------------------------------------------


class SectionPlan(Protocol):
    """What assembly needs of a section: courses.content.exams.Section has it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def count(self) -> int: ...  # scored items
    @property
    def unscored(self) -> int: ...
    @property
    def types(self) -> Mapping[str, int]: ...  # weights; empty: any type, in any mix
    @property
    def difficulty(self) -> Mapping[str, int]: ...  # weights by band; empty: any
    @property
    def only(self) -> Collection[str]: ...  # ids of the items it is drawn from (labs); empty: all others


class ExamPlan(Protocol):
    """What assembly needs of an exam: courses.content.exams.Exam has it."""

    @property
    def slug(self) -> str: ...
    @property
    def weights(self) -> Mapping[str, int]: ...  # by domain
    @property
    def exposure(self) -> int: ...  # percents of all forms that one item may be in
    @property
    def sections(self) -> Sequence[SectionPlan]: ...


@dataclass(frozen=True)
class Choices:
    """Ids that are shuffled among themselves, and those that stand below them in the author's order."""

    movable: tuple[str, ...]
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class PoolItem:
    """An item that may be drawn: all that assembly knows of it. `choices`: one group; a case has one for each part."""

    item: str  # revision
    item_id: str
    type: str
    domain: str
    points: float = 1.0
    difficulty: float = 0.5  # the share of candidates expected to be right
    pilot: bool = False
    choices: tuple[Choices, ...] = ()

    @property
    def band(self) -> str:
        """Return easy, medium or hard."""
        return next(name for name, least in BANDS.items() if self.difficulty >= least)


# --- What comes out ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """An item in a form. `order`: the ids of its choices as they are shown. `scored` is not for the candidate."""

    item: str  # revision
    item_id: str
    type: str
    domain: str
    points: float
    scored: bool
    order: tuple[str, ...]


@dataclass(frozen=True)
class FormSection:
    name: str
    title: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Form:
    """What one attempt is asked. Places are numbered over all sections, from 0."""

    sections: tuple[FormSection, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Return the places of all sections, by number."""
        return tuple(place for section in self.sections for place in section.places)

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the form."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return what Attempt.form holds."""
        return {"version": VERSION, "sections": json.loads(json.dumps([asdict(section) for section in self.sections]))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Form:
        """Return the form that as_json() told."""
        return cls(
            tuple(
                FormSection(
                    one["name"],
                    one["title"],
                    tuple(Place(**{**place, "order": tuple(place["order"])}) for place in one["places"]),
                )
                for one in data["sections"]
            )
        )


@dataclass(frozen=True)
class Shortage:
    """What a pool lacks for an exam: `kind` is domain, type or unscored, `name` the domain's or type's id."""

    section: str
    kind: str
    name: str
    wanted: int
    lacking: int

    def __str__(self) -> str:
        what = {"domain": f"domain {self.name}", "type": f"type {self.name}"}.get(self.kind, self.kind)
        items = "item is" if self.lacking == 1 else "items are"
        return f"section {self.section}, {what}: {self.wanted} wanted, {self.lacking} {items} lacking"


class PoolTooSmall(Exception):
    """The exam cannot be sat with the items that there are."""

    def __init__(self, slug: str, shortages: Sequence[Shortage]) -> None:
        super().__init__(f"The pool of {slug} is too small: {'; '.join(str(one) for one in shortages)}.")
        self.shortages = tuple(shortages)


# --- Assembly ---------------------------------------------------------------------------------------------------


def assemble(
    exam: ExamPlan,
    pool: Sequence[PoolItem],
    *,
    seed: str,
    seen: Mapping[str, int] | None = None,
    used: Mapping[str, int] | None = None,
) -> Form:
    """Return the form of a seed. Raises PoolTooSmall.

    seen: by item id, in how many forms this candidate has had it. used: in how many forms of all candidates it was.
    """
    drawn, shortages = _draw_all(exam, pool, seed=seed, seen=seen or {}, used=used or {})
    if shortages:
        raise PoolTooSmall(exam.slug, shortages)
    sections = []
    for section in exam.sections:
        mine = drawn[section.name]
        order = Stream(seed, "order", section.name).shuffled(sorted(mine, key=lambda item_id: item_id))
        places = tuple(_place(seed, *mine[item_id]) for item_id in order)
        sections.append(FormSection(section.name, section.title, places))
    return Form(tuple(sections))


def shortages(exam: ExamPlan, pool: Sequence[PoolItem]) -> tuple[Shortage, ...]:
    """Return what the pool lacks for the exam; nothing: it can be sat."""
    return tuple(_draw_all(exam, pool, seed="", seen={}, used={})[1])


def _place(seed: str, one: PoolItem, scored: bool) -> Place:
    order: list[str] = []
    for number, group in enumerate(one.choices):
        order += Stream(seed, "choices", one.item_id, str(number)).shuffled(group.movable)
        order += group.fixed
    return Place(one.item, one.item_id, one.type, one.domain, one.points, scored, tuple(order))


def _draw_all(
    exam: ExamPlan, pool: Sequence[PoolItem], *, seed: str, seen: Mapping[str, int], used: Mapping[str, int]
) -> tuple[dict[str, dict[str, tuple[PoolItem, bool]]], list[Shortage]]:
    """Draw each section's scored items, then the unscored ones, so that no pilot takes what another section needs."""
    if len({one.item_id for one in pool}) < len(pool):
        raise ValueError("An item is in the pool twice.")
    special = {item_id for section in exam.sections for item_id in section.only}
    size = sum(section.count + section.unscored for section in exam.sections)
    forms = sum(used.values()) // size if size else 0

    def cost(one: PoolItem) -> int:
        times, before = used.get(one.item_id, 0), seen.get(one.item_id, 0)
        capped = forms > 0 and times * 100 >= exam.exposure * (forms + 1)
        chance = Stream(seed, "draw", one.item_id).word() >> 32
        return (
            _SEEN * (before > 0)
            + _SEEN_OFTEN * min(before, 255)
            + _CAPPED * capped
            + _USED * min(times, 2**24)
            + chance
        )

    costs = {one.item_id: cost(one) for one in pool}
    left = {one.item_id: one for one in pool}
    drawn: dict[str, dict[str, tuple[PoolItem, bool]]] = {section.name: {} for section in exam.sections}
    lacking: list[Shortage] = []
    # Who takes fewer types goes first: the others can do with what is left.
    narrow_first = sorted(exam.sections, key=lambda one: (not one.only, len(one.types) or 99))
    for scored in (True, False):
        for section in narrow_first:
            wanted = section.count if scored else section.unscored
            fitting = [
                one
                for one in left.values()
                if (one.item_id in section.only if section.only else one.item_id not in special)
                and (not section.types or section.types.get(one.type))
                and (section.only or one.domain in exam.weights)
                and not (scored and one.pilot)
            ]
            found, short = _draw(exam, section, fitting, wanted, costs, scored=scored)
            lacking += short
            for one in found:
                drawn[section.name][one.item_id] = (one, scored)
                del left[one.item_id]
    return drawn, lacking


# --- One draw: a flow of least cost -----------------------------------------------------------------------------

# One number holds all costs, the weightiest in the highest bits; each field has room for the sum over a thousand items.
_USED = 1 << 42
_BAND = _USED << 34
_QUOTA = _BAND << 11  # a domain or type of unscored items beyond its share
_CAPPED = _QUOTA << 11
_SEEN_OFTEN = _CAPPED << 11
_SEEN = _SEEN_OFTEN << 18
_LIVE = _SEEN << 11  # a live item where a pilot is wanted


def _draw(
    exam: ExamPlan,
    section: SectionPlan,
    fitting: Sequence[PoolItem],
    wanted: int,
    costs: Mapping[str, int],
    *,
    scored: bool,
) -> tuple[list[PoolItem], list[Shortage]]:
    """Return the items of least cost, and what is lacking. The quotas hold for scored items; others are near to them."""
    if not wanted:
        return [], []
    by_domain = {"": wanted} if section.only else largest_remainder(wanted, exam.weights)
    by_type = largest_remainder(wanted, section.types) if section.types else {"": wanted}

    def domain_of(one: PoolItem) -> str:
        return "" if section.only else one.domain

    def type_of(one: PoolItem) -> str:
        return one.type if section.types else ""

    cells: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for one in fitting:
        cell = (domain_of(one), type_of(one), one.band if section.difficulty else "")
        price = costs[one.item_id] + (0 if scored or one.pilot else _LIVE)
        cells.setdefault(cell, []).append((price, one.item_id))
    for one_cell in cells.values():
        one_cell.sort()

    extra = 0 if scored else wanted
    arcs = [
        Arc("source", ("domain", name), [0] * quota + [_QUOTA] * extra) for name, quota in sorted(by_domain.items())
    ]
    for (domain, kind, band), entries in sorted(cells.items()):
        arcs.append(Arc(("domain", domain), ("band", kind, band), [price for price, _ in entries], entries))
    for kind, quota in sorted(by_type.items()):
        bands = largest_remainder(quota, section.difficulty) if section.difficulty else {"": quota}
        names = sorted({band for _, its, band in cells if its == kind})
        for band in names:
            meant = bands.get(band, 0)
            over = [_BAND] * (wanted - meant)
            arcs.append(Arc(("band", kind, band), ("type", kind), [0] * meant + over))
        arcs.append(Arc(("type", kind), "sink", [0] * quota + [_QUOTA] * extra))
    total = send(arcs, wanted)
    by_id = {one.item_id: one for one in fitting}
    found = [by_id[item_id] for arc in arcs for _, item_id in arc.entries[: arc.flow]]
    if total == wanted:
        return found, []
    if not scored:
        return found, [Shortage(section.name, "unscored", "", wanted, wanted - total)]
    return found, _shortages(section, fitting, by_domain, by_type, arcs)


def _shortages(
    section: SectionPlan,
    fitting: Sequence[PoolItem],
    by_domain: Mapping[str, int],
    by_type: Mapping[str, int],
    arcs: Iterable[Arc],
) -> list[Shortage]:
    """Say what is lacking: a domain or a type that has too few by itself, else the domain that the flow could not fill."""

    def counted(quotas: Mapping[str, int], key: Callable[[PoolItem], str], kind: str) -> list[Shortage]:
        there = {name: sum(key(one) == name for one in fitting) for name in quotas}
        return [
            Shortage(section.name, kind, name, quota, quota - there[name])
            for name, quota in quotas.items()
            if there[name] < quota
        ]

    if section.only:
        return [Shortage(section.name, "labs", "", section.count, section.count - len(fitting))]
    domains = counted(by_domain, lambda one: one.domain, "domain")
    types = counted(by_type, lambda one: one.type, "type") if section.types else []
    if domains or types:
        return domains + types
    flows = {arc.head[1]: arc.flow for arc in arcs if arc.tail == "source"}
    return [
        Shortage(section.name, "domain", name, quota, quota - flows[name])
        for name, quota in by_domain.items()
        if flows[name] < quota
    ]
