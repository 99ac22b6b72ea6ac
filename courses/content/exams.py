"""What an exam is once its file is read. All of it is frozen, and an attempt keeps it as JSON.

A definition is data with dates: `valid_from`, `valid_to`, `verified_on` and `source_url` say whence it is and how long
it may be trusted. Whether an exam can be sat depends on its pool (see `Exam.shortages`).
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from courses.content.model import Item
from courses.exams import assembly
from graders import items


class Domain(NamedTuple):
    """A domain of an exam, and its share of the scored items in percents."""

    title: str
    weight: int


@dataclass(frozen=True)
class ExamLab:
    """A lab as a scored item: a folder of labs/catalog, and the points of the exam that it is worth."""

    lab: str
    domain: str
    points: float
    minutes: int

    @property
    def item_id(self) -> str:
        return f"lab-{self.lab}"


@dataclass(frozen=True)
class Section:
    """A stretch of an exam; who leaves it does not come back."""

    name: str
    title: str
    minutes: int | None  # what candidates are advised to keep for it; the exam's own deadline is the only one
    count: int  # scored items
    unscored: int
    types: Mapping[str, int]  # weights; empty: any type
    difficulty: Mapping[str, int]  # weights of easy, medium, hard; empty: any
    labs: tuple[ExamLab, ...]  # a section of labs has these, and nothing else

    @property
    def only(self) -> frozenset[str]:
        """Return the ids of the items that it is drawn from; none: those of the pool."""
        return frozenset(lab.item_id for lab in self.labs)

    @property
    def places(self) -> int:
        """Return how many items a candidate sees."""
        return self.count + self.unscored


@dataclass(frozen=True)
class AttemptsPolicy:
    """How often an exam may be sat: `maximum` None is without end; `counts` names the attempt whose score counts."""

    maximum: int | None = None
    cool_down_days: int = 0
    counts: str = "best"  # best | last | first


@dataclass(frozen=True)
class Exam:
    """An exam's definition. `pool` holds keys, and is no part of the definition that an attempt keeps."""

    slug: str
    code: str
    title: str
    summary: str
    course: str  # slug
    minutes: int
    pass_mark: int  # scaled, 100 to 1000
    cut: Decimal  # the share of the scored points that the pass mark stands for
    domains: Mapping[str, Domain]
    sections: tuple[Section, ...]
    attempts: AttemptsPolicy
    requires: Mapping[str, int]  # percents of mastery by domain, before it may be begun
    exposure: int  # percents of all forms that one item may be in, while others are left
    valid_from: date
    valid_to: date | None
    verified_on: date
    source_url: str
    intro: str  # Markdown
    path: str
    review: str = "score"  # what is seen afterwards: none (passed or not) | score | items (with key and reasons)
    pool: tuple[Item, ...] = field(default=(), repr=False, compare=False)
    banks: tuple[str, ...] = field(default=(), compare=False)  # files of items/ that it draws from

    @property
    def weights(self) -> dict[str, int]:
        """Return the domains' weights."""
        return {name: domain.weight for name, domain in self.domains.items()}

    @property
    def count(self) -> int:
        """Return the number of scored items."""
        return sum(section.count for section in self.sections)

    @property
    def unscored(self) -> int:
        """Return the number of items that do not count."""
        return sum(section.unscored for section in self.sections)

    @functools.cached_property
    def drawable(self) -> tuple[assembly.PoolItem, ...]:
        """Return the pool as assembly wants it."""
        return tuple(drawable(item) for item in self.pool)

    @functools.cached_property
    def shortages(self) -> tuple[assembly.Shortage, ...]:
        """Return what the pool lacks; nothing: the exam can be sat."""
        return assembly.shortages(self, self.drawable)

    @property
    def lacking(self) -> int:
        """Return how many items must be written before it can be sat: the greatest of what one view of them says."""
        by_kind: dict[str, int] = {}
        for one in self.shortages:
            by_kind[one.kind] = by_kind.get(one.kind, 0) + one.lacking
        others = sum(number for kind, number in by_kind.items() if kind not in ("domain", "type"))
        return max(by_kind.get("domain", 0), by_kind.get("type", 0)) + others

    @functools.cached_property
    def revision(self) -> str:
        """Return the SHA-256 (hex) of the definition."""
        return hashlib.sha256(json.dumps(self._definition(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return the definition with its revision; no item is in it."""
        return {**self._definition(), "revision": self.revision}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Exam:
        """Return the exam that as_json() told, without a pool."""
        known = {key: value for key, value in data.items() if key != "revision"}
        sections = tuple(
            Section(**{**one, "labs": tuple(ExamLab(**lab) for lab in one["labs"])}) for one in known["sections"]
        )
        valid_to = known["valid_to"]
        return cls(
            **{
                **known,
                "cut": Decimal(known["cut"]),
                "domains": {one["id"]: Domain(one["title"], one["weight"]) for one in known["domains"]},
                "sections": sections,
                "attempts": AttemptsPolicy(**known["attempts"]),
                "valid_from": date.fromisoformat(known["valid_from"]),
                "valid_to": date.fromisoformat(valid_to) if valid_to else None,
                "verified_on": date.fromisoformat(known["verified_on"]),
                "path": "",
            }
        )

    def _definition(self) -> dict[str, Any]:
        plain = (
            "slug", "code", "title", "summary", "course", "minutes", "pass_mark", "exposure", "source_url", "intro", "review"
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in plain},
            "cut": str(self.cut),
            # A list: jsonb keeps no order of keys.
            "domains": [{"id": name, "title": one.title, "weight": one.weight} for name, one in self.domains.items()],
            "sections": [
                {
                    "name": one.name,
                    "title": one.title,
                    "minutes": one.minutes,
                    "count": one.count,
                    "unscored": one.unscored,
                    "types": dict(one.types),
                    "difficulty": dict(one.difficulty),
                    "labs": [vars(lab) for lab in one.labs],
                }
                for one in self.sections
            ],
            "attempts": vars(self.attempts),
            "requires": dict(self.requires),
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "verified_on": self.verified_on.isoformat(),
        }


def drawable(item: Item) -> assembly.PoolItem:
    """Return what assembly knows of an item."""
    return assembly.PoolItem(
        item=item.revision,
        item_id=item.id,
        type=item.type,
        domain=item.domain,
        points=item.points,
        difficulty=item.difficulty,
        pilot=item.status == "pilot",
        choices=_choices(item),
    )


def _choices(item: Item) -> tuple[assembly.Choices, ...]:
    """Return the groups of ids that are shuffled, each by itself: a case has one for each part, as "part/option"."""
    fixed = items.all()[item.type].fixed(item.spec)
    groups: dict[str, list[str]] = {}
    for one in items.orderable(item.type, item.spec):
        groups.setdefault(one.rpartition("/")[0], []).append(one)
    return tuple(
        assembly.Choices(
            tuple(one for one in group if one not in fixed),
            tuple(one for one in group if one in fixed),
        )
        for group in groups.values()
    )
