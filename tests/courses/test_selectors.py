"""What is read of courses, and what nobody may read before they answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.checks import run_checks
from django.http import Http404
from django.template import Context, Template

from courses import selectors, services
from labs.models import LabRevision, LabSession, Sandbox

from .conftest import NOW, Catalog

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db


def right(item_id: str) -> dict[str, list[str]]:
    """Return the form of the right answer to an item."""
    item = selectors.get_course("buckets").items[item_id]
    return {"answer": [one.id for one in item.options if one.correct] or ["99.99"]}


def answer(user: User, item_id: str, minutes: int = 0, raw: Any = None) -> selectors.ItemState:
    at = NOW + timedelta(minutes=minutes)
    return services.answer_item(user=user, course_slug="buckets", item_id=item_id, raw=raw or right(item_id), now=at)


def complete_lab(user: User, slug: str = "private-bucket-one-reader") -> None:
    """Leave a completed session of a lab, as a grading would."""
    revision, _ = LabRevision.objects.get_or_create(slug=slug, revision="1", defaults={"source": ""})
    LabSession.objects.create(
        user=user,
        lab_slug=slug,
        lab_revision=revision,
        sandbox=Sandbox.objects.create(),
        state=LabSession.State.ENDED,
        queued_at=NOW,
        completed_at=NOW,
    )


def test_what_is_not_there_is_404(site: Catalog) -> None:
    course = selectors.get_course("buckets")
    for look in (
        lambda: selectors.get_course("nothing"),
        lambda: selectors.get_lesson(course, "nothing"),
        lambda: selectors.get_item(course, "nothing"),
    ):
        with pytest.raises(Http404):
            look()


def test_an_item_of_the_bank_is_not_for_practice(site: Catalog) -> None:
    course = selectors.get_course("buckets")
    assert [item.id for item in course.bank] == ["bank-one"]
    with pytest.raises(Http404):
        selectors.get_item(course, "bank-one")


def test_neighbours_of_a_lesson(site: Catalog) -> None:
    course = selectors.get_course("buckets")
    first, second = course.lessons
    assert selectors.neighbours(course, first) == (None, second)
    assert selectors.neighbours(course, second) == (first, None)


def test_nothing_of_the_key_is_in_what_is_shown_before_an_answer(site: Catalog, bob: User) -> None:
    course = selectors.get_course("buckets")
    parts = selectors.body(bob, course, course.lessons[0])
    page = Template("{% for part in parts %}{{ part }}{{ part.item.stem }}{{ part.item.options }}{% endfor %}")
    for shown in (repr(parts), str(parts), page.render(Context({"parts": parts}))):
        assert "Block Public Access" in shown
        assert "CANARY" not in shown
        assert "99.99" not in shown
        assert "correct" not in shown


def test_the_order_of_options_is_a_persons_own_and_stays(site: Catalog, bob: User) -> None:
    item = selectors.get_course("buckets").items["private"]
    orders = {tuple(one.id for one in selectors.public(item, seed=seed).options) for seed in range(50)}
    assert len(orders) == 6
    assert selectors.public(item, seed=7) == selectors.public(item, seed=7)
    shown = [one.id for one in selectors.public(item, seed=bob.pk).options]
    state = answer(bob, "private")
    assert state.answered
    assert [one.id for one in state.answered.options] == shown


def test_the_body_of_a_lesson_is_html_and_items_in_order(site: Catalog, bob: User) -> None:
    course = selectors.get_course("buckets")
    parts = selectors.body(bob, course, course.lessons[0])
    kinds = [part.item.id if isinstance(part, selectors.ItemState) else "html" for part in parts]
    assert kinds == ["html", "private", "html", "deny", "nines", "html"]
    text = str(parts[0])
    assert 'href="/courses/buckets/second/#text-end"' in text
    assert 'src="/static/courses/buckets/bucket.svg"' in text
    assert "The note." in str(parts[-1])  # the footnote of the first part


def test_an_answer_shows_key_and_rationales_of_its_item_alone(site: Catalog, bob: User) -> None:
    answer(bob, "private")
    course = selectors.get_course("buckets")
    states = selectors.item_states(bob, course, course.lessons[0])
    assert states["private"].answered
    assert "CANARY-WHY-RIGHT" in repr(states["private"])
    assert states["deny"].answered is None
    assert "CANARY" not in repr(states["deny"])


def test_nobody_sees_the_answer_of_another(site: Catalog, bob: User, eve: User) -> None:
    answer(bob, "private")
    course = selectors.get_course("buckets")
    for other in (eve, AnonymousUser()):
        assert selectors.item_states(other, course, course.lessons[0])["private"].answered is None


def test_an_answer_to_an_earlier_text_is_no_answer_to_this_one(site: Catalog, bob: User) -> None:
    answer(bob, "private")
    site.replace("lessons/first.md", "Which one keeps a bucket private?", "Which one always keeps a bucket private?")
    course = selectors.get_course("buckets")
    state = selectors.item_states(bob, course, course.lessons[0])["private"]
    assert (state.answered, state.attempts) == (None, 1)
    assert "CANARY" not in repr(state)


def test_progress_counts_what_the_course_has_now(site: Catalog, bob: User, eve: User) -> None:
    services.mark_read(user=bob, course_slug="buckets", lesson_slug="second", now=NOW)
    answer(bob, "private")
    answer(bob, "nines", raw={"answer": ["1"]})
    complete_lab(bob)
    complete_lab(bob, "a-lab-of-no-course")
    [mine] = selectors.progress(bob)
    assert [sorted(done) for done in (mine.read, mine.answered, mine.correct, mine.labs)] == [
        ["second"],
        ["nines", "private"],
        ["private"],
        ["private-bucket-one-reader"],
    ]
    assert mine.enrolled
    assert (mine.done, mine.total, mine.percent) == (3, 6, 50)
    for other in (eve, AnonymousUser()):
        [theirs] = selectors.progress(other)
        assert (theirs.done, theirs.enrolled) == (0, False)


def test_progress_keeps_an_answer_that_was_right_once(site: Catalog, bob: User) -> None:
    answer(bob, "nines")
    answer(bob, "nines", raw={"answer": ["1"]})
    [mine] = selectors.progress(bob)
    assert mine.correct == {"nines"}


def test_the_next_step_goes_on_lesson_by_lesson_and_lab_by_lab(site: Catalog, bob: User) -> None:
    def step() -> tuple[str, str] | None:
        found = selectors.next_step(bob)
        return (found.kind, found.url) if found else None

    assert step() is None
    services.enrol(user=bob, course_slug="buckets", now=NOW)
    assert step() == ("lesson", "/courses/buckets/first/")
    services.mark_read(user=bob, course_slug="buckets", lesson_slug="first", now=NOW)
    assert step() == ("lab", "/labs/private-bucket-one-reader/")
    complete_lab(bob)
    assert step() == ("lesson", "/courses/buckets/second/")
    services.mark_read(user=bob, course_slug="buckets", lesson_slug="second", now=NOW)
    assert step() is None


def test_the_class_has_a_row_for_each_learner(
    site: Catalog, bob: User, eve: User, ada: User, django_assert_max_num_queries: Any
) -> None:
    answer(bob, "private")
    services.enrol(user=eve, course_slug="buckets", now=NOW)
    with django_assert_max_num_queries(6):
        rows = selectors.class_progress()
    assert [(row.user.get_username(), len(row.progress.correct)) for row in rows] == [("bob", 1), ("eve", 0)]


def test_the_system_checks_name_what_is_wrong(site: Catalog) -> None:
    assert [one for one in run_checks(tags=["content"]) if str(one.id).startswith("courses.")] == []
    site.replace("lessons/first.md", "minutes: 10", "minuts: 10")
    told = [one for one in run_checks(tags=["content"]) if one.id == "courses.E004"]
    assert len(told) == 1
    assert "lessons/first.md:3: the key minuts is not known" in told[0].msg
    assert told[0].hint == "did you mean minutes?"
