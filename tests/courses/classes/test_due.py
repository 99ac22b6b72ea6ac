"""What is due when, for whom, and what that means today."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.classes import assigned, due, more_time
from courses.classes.due import Reached, Times, state_of
from courses.models import Accommodation, Cohort, LessonRead
from tests.courses.classes.conftest import NOW
from tests.e2e.scenes import lab_of_catalog, make_session

HOUR = timedelta(hours=1)
LAB = "private-bucket-one-reader"


@pytest.mark.parametrize(
    ("times", "at", "state"),
    [
        (Times(), NOW, "open"),
        (Times(opens_at=NOW + HOUR), NOW, "ahead"),
        (Times(opens_at=NOW), NOW, "open"),
        (Times(due_at=NOW + due.SOON), NOW, "soon"),
        (Times(due_at=NOW + due.SOON + HOUR), NOW, "open"),
        (Times(due_at=NOW), NOW, "late"),
        (Times(due_at=NOW - HOUR, cutoff_at=NOW + HOUR), NOW, "late"),
        (Times(due_at=NOW - HOUR, cutoff_at=NOW), NOW, "missed"),
        (Times(due_at=NOW - HOUR, excused=True), NOW, "excused"),
    ],
)
def test_the_states(times: Times, at: datetime, state: str) -> None:
    assert state_of(times, Reached(), at) == state
    assert state_of(times, Reached(1, NOW), at) == "done"


def test_late_work_that_does_not_count_is_missed() -> None:
    assert state_of(Times(due_at=NOW), Reached(), NOW, late_counts=False) == "missed"


def test_each_learner_has_their_own_times_in_as_many_queries(
    bobs_class: Cohort, ada: Any, bob: Any, eve: Any, django_assert_num_queries: Any
) -> None:
    one = assigned.assign(cohort=bobs_class, kind="lab", slug=LAB, actor=ada, now=NOW, due_at=NOW - HOUR, cutoff_at=NOW)
    more = {"assignment": one, "user": eve, "actor": ada, "now": NOW}
    with pytest.raises(assigned.NotAssignable):
        assigned.set_override(**more, reason="nothing is different")
    assigned.set_override(**more, reason="was ill", due_at=NOW - timedelta(minutes=1))
    assigned.set_override(**more, reason="was ill", due_at=NOW - timedelta(minutes=1), cutoff_at=NOW + HOUR)
    done = make_session(bob, lab=lab_of_catalog(LAB))
    done.completed_at = NOW - timedelta(minutes=30)
    done.save()
    rows = due.assignments_of(bobs_class)
    with django_assert_num_queries(2):
        found = due.duties(rows, [bob.pk, eve.pk], now=NOW)
    assert (found[bob.pk][0].state, found[bob.pk][0].word, found[bob.pk][0].percent) == ("done", "Done late", 100)
    assert found[eve.pk][0].state == "late"
    assigned.clear_override(assignment=one, user_id=eve.pk)
    assert due.duties(rows, [eve.pk], now=NOW)[eve.pk][0].state == "missed"


def test_a_module_is_done_when_its_last_lesson_is_read(site: Any, bobs_class: Cohort, ada: Any, bob: Any) -> None:
    assigned.assign(cohort=bobs_class, kind="module", slug="buckets/first", actor=ada, now=NOW)
    assigned.assign(cohort=bobs_class, kind="course", slug="buckets", actor=ada, now=NOW)
    for at, lesson in enumerate(("first", "second")):
        LessonRead.objects.create(user=bob, course_slug="buckets", lesson_slug=lesson, read_at=NOW + at * HOUR)
        found = due.my_duties(bob, [bobs_class], now=NOW + 2 * HOUR)
        assert [one.percent for one in found] == [50 * (at + 1)] * 2
    assert {one.reached.done_at for one in found} == {NOW + HOUR}


def test_more_time_in_a_lab_is_a_product_and_then_a_sum(bobs_class: Cohort, ada: Any, bob: Any, eve: Any) -> None:
    one = assigned.assign(cohort=bobs_class, kind="lab", slug=LAB, actor=ada, now=NOW)
    Accommodation.objects.create(
        user=bob, multiplier=Decimal("1.5"), labs=True, reason="r", granted_by=ada, granted_at=NOW
    )
    Accommodation.objects.create(user=bob, minutes=600, reason="exams only", granted_by=ada, granted_at=NOW)
    assigned.set_override(assignment=one, user=bob, actor=ada, now=NOW, reason="r", multiplier=Decimal(2), minutes=10)
    assert more_time.lab_time(bob.pk, LAB, HOUR) == 3 * HOUR + timedelta(minutes=10)
    assert more_time.lab_time(bob.pk, "another", HOUR) == 1.5 * HOUR
    assert more_time.lab_time(eve.pk, LAB, HOUR) == HOUR
