"""Two exams and their pools for measuring assembly, with nothing but the standard library.

`python -m bench._forms` prints the SHA-256 of many forms: the same on each interpreter, or assembly is not what it says.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":  # run by a bare interpreter, which knows of no project
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from courses.exams.assembly import Choices, Form, PoolItem, assemble, largest_remainder


@dataclass(frozen=True)
class SectionOf:
    name: str
    count: int
    unscored: int = 0
    types: Mapping[str, int] = field(default_factory=dict)
    difficulty: Mapping[str, int] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    title: str = ""


@dataclass(frozen=True)
class ExamOf:
    slug: str
    weights: Mapping[str, int]
    sections: tuple[SectionOf, ...]
    exposure: int = 25


ASSOCIATE = ExamOf(
    "associate",
    {"secure": 30, "resilient": 26, "fast": 24, "cheap": 20},
    (SectionOf("items", 50, 15, {"choice": 80, "response": 20}, {"easy": 30, "medium": 50, "hard": 20}),),
)
PRACTICAL = ExamOf(
    "practical",
    {"secure": 40, "resilient": 30, "operate": 30},
    (
        SectionOf(
            "items",
            24,
            6,
            {"choice": 46, "response": 20, "ordering": 8, "matching": 8, "case": 5, "number": 8, "text": 5},
            {"easy": 30, "medium": 50, "hard": 20},
        ),
        SectionOf("labs", 2, only=frozenset(f"lab-{number}" for number in range(4))),
    ),
)
_CHOICES = {"choice": 4, "response": 5, "ordering": 5, "matching": 5}


def pool_of(exam: ExamOf, *, factor: int = 4) -> list[PoolItem]:
    """Return a pool with `factor` times what a form takes, over domains, types and difficulties, and labs where asked."""
    pool = [
        PoolItem(f"rev-{item_id}", item_id, "lab", next(iter(exam.weights)), points=4.0)
        for section in exam.sections
        for item_id in sorted(section.only)
    ]
    for section in exam.sections:
        if section.only:
            continue
        for domain, quota in largest_remainder(section.count, exam.weights).items():
            for kind in section.types:
                scored = factor * max(2, round(quota * section.types[kind] / 100))
                pilots = max(1, section.unscored * factor * section.types[kind] // (100 * len(exam.weights)))
                pool += [_item(domain, kind, number, number >= scored) for number in range(scored + pilots)]
    return pool


def _item(domain: str, kind: str, number: int, pilot: bool) -> PoolItem:
    item_id = f"{domain}-{kind}-{number}"
    fixed = ("last",) if kind == "choice" and number % 10 == 9 else ()
    movable = tuple(f"o{n}" for n in range(_CHOICES.get(kind, 0) - len(fixed)))
    if kind == "case":
        choices = tuple(Choices(tuple(f"{part}/o{n}" for n in range(3))) for part in "abc")
    else:
        choices = (Choices(movable, fixed),) if movable else ()
    difficulty = (0.85, 0.6, 0.5, 0.3, 0.7)[number % 5]
    return PoolItem(f"rev-{item_id}", item_id, kind, domain, 1.0, difficulty, pilot, choices)


def golden(forms: int = 60) -> str:
    """Return the SHA-256 over many forms, each with what a candidate has seen and what was used by the ones before it."""
    digest = hashlib.sha256()
    for exam in (ASSOCIATE, PRACTICAL):
        pool = pool_of(exam)
        used: dict[str, int] = {}
        seen: dict[str, int] = {}
        for number in range(forms):
            form = assemble(exam, pool, seed=f"{number:064x}", seen=seen if number % 3 else {}, used=used)
            digest.update(form.digest.encode())
            _note(form, used)
            if number % 3:
                _note(form, seen)
    return digest.hexdigest()


def _note(form: Form, counts: dict[str, int]) -> None:
    for place in form.places:
        counts[place.item_id] = counts.get(place.item_id, 0) + 1


if __name__ == "__main__":
    print(golden())
