"""Rows of practice: some questions answered over the last weeks, a drill half-way, one that is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from courses import selectors, services
from courses.content import Item
from courses.models import Drill

COURSE = "aws-foundations"


def make_practice(learner: Any, *, now: datetime) -> dict[str, str]:
    """Write the scenes, and return what addresses want: drills, by how far they are."""
    drill = selectors.get_course(COURSE).drill
    choices = [item for item in drill.values() if item.type == "choice"]
    for number, item in enumerate(choices[:12]):
        _answer(learner, item, right=number % 4 != 3, at=now - timedelta(days=number + 1))
    ordering = next(item for item in drill.values() if item.type == "ordering")
    fresh = choices[12:16]
    items = [fresh[0].id, fresh[1].id, ordering.id, fresh[2].id]
    begun = Drill.objects.create(user=learner, course_slug=COURSE, items=items, started_at=now - timedelta(minutes=9))
    _answer(learner, fresh[0], right=False, at=now - timedelta(minutes=8))
    done = Drill.objects.create(
        user=learner, course_slug=COURSE, items=[choices[0].id, choices[3].id], started_at=now - timedelta(minutes=7)
    )
    for number in (0, 3):
        _answer(learner, choices[number], right=number == 0, at=now - timedelta(minutes=6))
    return {"drill": str(begun.pk), "drill_done": str(done.pk)}


def _answer(learner: Any, item: Item, *, right: bool, at: datetime) -> None:
    chosen = next(option.id for option in item.options if option.correct is right)
    services.answer_item(user=learner, course_slug=COURSE, item_id=item.id, raw={"answer": [chosen]}, now=at)
