"""What people do to practise: begin a drill, and answer its items."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404

from courses.exams import mastery
from courses.models import Drill
from courses.selectors import ItemState, get_course
from courses.selectors.practice import get_drill_for, standings
from courses.services.reading import answer_item
from courses.services.reviews import catch_up
from labs.refusals import Refusal

__all__ = ["NothingToDrill", "answer_drill", "catch_up", "start_drill"]


class NothingToDrill(Refusal):
    """The course, or the domain, has no items for practice."""

    status = 404


def start_drill(*, user: AbstractBaseUser, course_slug: str, domain: str = "", now: datetime) -> Drill:
    """Begin a drill in a course, or in one domain of it: see courses.exams.mastery.drill for what it takes.

    Raises NothingToDrill, and Http404 where there is no such course.
    """
    course = get_course(course_slug)
    catch_up(user=user, now=now)
    found = [one for one in standings(user, course, now=now) if not domain or one.domain == domain]
    if not found:
        raise NothingToDrill("There are no questions for practice here yet.")
    drill_id = uuid.uuid4()
    chosen = mastery.drill(found, now=now, seed=drill_id.hex)
    return Drill.objects.create(
        pk=drill_id, user_id=user.pk, course_slug=course.slug, domain=domain, items=list(chosen), started_at=now
    )


def answer_drill(
    *, user: AbstractBaseUser, drill_id: uuid.UUID, item_id: str, raw: Mapping[str, Sequence[str]], now: datetime
) -> ItemState:
    """Answer an item of a drill: kept and scored as in a lesson. Raises Malformed and Http404."""
    state = get_drill_for(user, drill_id)
    if item_id not in {place.item.id for place in state.places}:
        raise Http404("The drill has no such item.")
    return answer_item(user=user, course_slug=state.course.slug, item_id=item_id, raw=raw, now=now)
