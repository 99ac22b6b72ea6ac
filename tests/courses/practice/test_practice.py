"""Practice: what a review leaves behind, what comes back, drills, locks, and that nobody sees another's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import selectors, services
from courses.exams import recall
from courses.models import Attempt, Drill, ExamVersion, PracticeResponse, ReviewCard
from courses.selectors.practice import (
    course_mastery,
    exam_lock,
    get_drill_for,
    item_card,
    locked_exams,
    practice,
    standings,
    task_card,
)
from labs.models import Grading, HintReveal, LabRevision, LabSession, Sandbox, TaskResult
from tests.courses.conftest import NOW, Catalog

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LAB = "private-bucket-one-reader"
HTMX = {"HX-Request": "true"}
ITEM = """\
### Which is for practice? {{#free{n} .choice domain=secure}}

- [x] This
  > CANARY-FREE
- [ ] That
  > Not that.
"""


@pytest.fixture
def course(site: Catalog) -> Catalog:
    """The small course with a bank for practice."""
    site.write("items/free.md", "\n".join(ITEM.format(n=n) for n in range(12)))
    site.replace("course.yaml", "modules:", "practice: [free]\nmodules:")
    return site


def answer(user: User, item_id: str, *, right: bool, at: Any = NOW) -> None:
    item = selectors.get_course("buckets").drill[item_id]
    chosen = next(one.id for one in item.options if one.correct is right)
    services.answer_item(user=user, course_slug="buckets", item_id=item_id, raw={"answer": [chosen]}, now=at)


def card(user: User, item_id: str) -> ReviewCard:
    return ReviewCard.objects.get(user=user, card=item_card("buckets", item_id))


def ended(user: User, tasks: dict[str, list[str]], *, at: Any = NOW, hints: tuple[str, ...] = ()) -> LabSession:
    """Make a session that has ended, with the outcomes of each of its gradings by task."""
    revision, _ = LabRevision.objects.get_or_create(slug=LAB, revision="r", defaults={"source": ""})
    session = LabSession.objects.create(
        user=user, lab_slug=LAB, lab_revision=revision, sandbox=Sandbox.objects.create(), seed="s",
        queued_at=at - DAY, state=LabSession.State.ENDED, ended_at=at,
    )  # fmt: skip
    for number in range(max(map(len, tasks.values()), default=0)):
        grading = Grading.objects.create(
            session=session, state=Grading.State.DONE, requested_at=at, finished_at=at - DAY + number * MINUTE
        )
        for task, outcomes in tasks.items():
            TaskResult.objects.create(grading=grading, task_id=task, outcome=outcomes[number], score=0, points=1)
    for task in hints:
        HintReveal.objects.create(session=session, task_id=task, index=0, revealed_at=at)
    return session


# --- Cards ------------------------------------------------------------------------------------------------------------


def test_an_answer_in_a_lesson_moves_its_card(site: Catalog, bob: User) -> None:
    answer(bob, "private", right=False)
    missed = card(bob, "private")
    assert (missed.right, missed.due_at, missed.reviews) == (False, NOW + 10 * MINUTE, 1)
    answer(bob, "private", right=True, at=NOW + 10 * MINUTE)
    known = card(bob, "private")
    assert (known.right, known.reviews) == (True, 2)
    assert known.due_at > NOW + DAY / 2
    assert known.due_at == recall.due(known.state)


def test_to_try_again_at_once_changes_nothing_in_memory(site: Catalog, bob: User) -> None:
    """Who has just read the key can repeat it: that says nothing."""
    answer(bob, "private", right=False)
    before = card(bob, "private")
    answer(bob, "private", right=True, at=NOW + MINUTE)
    after = card(bob, "private")
    assert (after.right, after.due_at, after.state, after.reviews) == (False, before.due_at, before.state, 1)
    assert PracticeResponse.objects.count() == 2


def test_partly_right_is_missed(site: Catalog, bob: User) -> None:
    item = selectors.get_course("buckets").items["deny"]
    one = next(option.id for option in item.options if option.correct)
    services.answer_item(user=bob, course_slug="buckets", item_id="deny", raw={"answer": [one]}, now=NOW)
    assert not card(bob, "deny").right


def test_answers_from_before_there_were_cards_are_caught_up_once(site: Catalog, bob: User) -> None:
    answer(bob, "private", right=False)
    answer(bob, "private", right=True, at=NOW + DAY)
    as_it_was = card(bob, "private")
    as_it_was.delete()
    assert services.catch_up(user=bob, now=NOW + 2 * DAY) == 1
    again = card(bob, "private")
    assert (again.state, again.reviews) == (as_it_was.state, as_it_was.reviews)
    assert services.catch_up(user=bob, now=NOW + 2 * DAY) == 0


def test_of_two_reviews_at_once_both_count(site: Catalog, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process misses the item while this one has read its card, and before it writes."""
    answer(bob, "private", right=True)
    review, others = recall.review, [lambda: answer(bob, "private", right=False, at=NOW + 3 * DAY)]

    def meanwhile(*args: Any) -> dict[str, Any]:
        if others:
            others.pop()()
        return review(*args)

    monkeypatch.setattr(recall, "review", meanwhile)
    answer(bob, "private", right=False, at=NOW + 3 * DAY + MINUTE)
    assert card(bob, "private").reviews == 3


# --- Lab tasks --------------------------------------------------------------------------------------------------------


def test_a_missed_task_comes_back_and_leads_to_its_lab(site: Catalog, bob: User, client: Client) -> None:
    ended(bob, {"strangers": ["failed", "passed", "failed"], "bolt": ["failed", "failed", "failed"]})
    assert services.catch_up(user=bob, now=NOW) == 1
    (task,) = practice(bob, now=NOW + 10 * MINUTE).tasks
    assert (task.lab_slug, task.task, task.is_due) == (LAB, "Bolt it", True)
    client.force_login(bob)
    assert f'href="{reverse("lab", args=[LAB])}">Bolt it</a>' in client.get(reverse("practice")).content.decode()


def test_a_task_is_judged_once_a_session(site: Catalog, bob: User) -> None:
    ended(bob, {"bolt": ["failed"]})
    assert [services.catch_up(user=bob, now=NOW) for _ in range(3)] == [1, 0, 0]
    ended(bob, {"bolt": ["failed"]}, at=NOW + DAY)
    assert services.catch_up(user=bob, now=NOW) == 0  # it has not ended yet
    assert [services.catch_up(user=bob, now=NOW + DAY) for _ in range(2)] == [1, 0]
    assert ReviewCard.objects.get().reviews == 2


def test_a_task_solved_later_waits_for_days_and_with_hints_for_fewer(site: Catalog, bob: User, eve: User) -> None:
    for user, hints in ((bob, ()), (eve, ("bolt",))):
        ended(user, {"bolt": ["failed"]})
        ended(user, {"bolt": ["passed"]}, at=NOW + DAY, hints=hints)
        services.catch_up(user=user, now=NOW + DAY)
        assert practice(user, now=NOW + DAY).tasks == ()
    alone, helped = (ReviewCard.objects.get(user=user, card=task_card(LAB, "bolt")) for user in (bob, eve))
    assert alone.right and helped.right
    assert alone.due_at >= helped.due_at
    assert alone.state["stability"] > helped.state["stability"]


@pytest.mark.parametrize("outcomes", [["error"], ["skipped"], ["passed"]])
def test_our_fault_a_skipped_task_and_a_solved_one_make_no_card(site: Catalog, bob: User, outcomes: list[str]) -> None:
    ended(bob, {"bolt": outcomes})
    assert services.catch_up(user=bob, now=NOW) == 0
    assert not ReviewCard.objects.exists()


def test_a_task_that_is_gone_from_its_lab_is_left_out(site: Catalog, bob: User) -> None:
    ended(bob, {"no-such-task": ["failed"]})
    services.catch_up(user=bob, now=NOW)
    assert practice(bob, now=NOW + DAY).tasks == ()


# --- Mastery and locks --------------------------------------------------------------------------------------------


def test_mastery_counts_all_items_of_a_domain_and_fades(course: Catalog, bob: User) -> None:
    for number in range(7):
        answer(bob, f"free{number}", right=True)
    secure, resilient = course_mastery(bob, selectors.get_course("buckets"), now=NOW)
    assert (secure.domain, secure.items, secure.answered, secure.right, secure.percent) == ("secure", 14, 7, 7, 50)
    assert resilient.percent == 0
    later, _ = course_mastery(bob, selectors.get_course("buckets"), now=NOW + 30 * DAY)
    assert 20 < later.percent < 50


def test_an_exam_opens_with_mastery_and_stays_open_once_it_was_sat(course: Catalog, bob: User) -> None:
    from tests.courses.exams.test_definitions import BANK, EXAM

    course.write("items/bank.md", BANK)
    course.write("exams/the-exam.md", EXAM)  # it requires 80 % of Security
    exam = selectors.get_exam("the-exam")
    (lacking,) = exam_lock(bob, exam, now=NOW)
    assert (lacking.title, lacking.wanted, lacking.have) == ("Security", 80, 0)
    assert locked_exams(bob, now=NOW) == {"the-exam": (lacking,)}
    for item_id, item in selectors.get_course("buckets").drill.items():
        if item.domain == "secure" and item.type == "choice":
            answer(bob, item_id, right=True)
    assert exam_lock(bob, exam, now=NOW) == ()
    assert exam_lock(bob, exam, now=NOW + 300 * DAY)
    version = ExamVersion.objects.create(revision="r", slug="the-exam", definition={}, kept_at=NOW)
    Attempt.objects.create(
        user=bob, exam_slug="the-exam", exam=version, number=1, seed="s", form={}, grader_version="1",
        started_at=NOW, deadline_at=NOW,
    )  # fmt: skip
    assert exam_lock(bob, exam, now=NOW + 300 * DAY) == ()


@pytest.fixture
def locked(course: Catalog) -> Catalog:
    """The second lesson in a module of its own, which requires half of Security."""
    course.replace("course.yaml", "    lessons: [first, second]\n", "    lessons: [first]\n")
    module = "  - title: Later\n    lessons: [second]\n    requires: {secure: 50}\n"
    course.write("course.yaml", (course.course / "course.yaml").read_text() + module)
    return course


def test_a_module_opens_with_mastery(locked: Catalog, bob: User, client: Client) -> None:
    client.force_login(bob)
    lesson, read = (reverse(name, args=["buckets", "second"]) for name in ("lesson", "mark_read"))
    shown = client.get(lesson)
    assert (shown.status_code, "Security at 50 %: yours is 0 %" in shown.content.decode()) == (403, True)
    assert "Nothing asked here" not in shown.content.decode()
    assert client.post(read).status_code == 403  # to have read it would open it
    course_map = client.get(reverse("course", args=["buckets"])).content.decode()
    assert "This opens with" in course_map
    assert f'href="{lesson}"' not in course_map
    for number in range(7):
        answer(bob, f"free{number}", right=True, at=timezone.now())
    assert client.get(lesson).status_code == 200
    assert client.post(read).status_code == 302
    ReviewCard.objects.all().delete()
    assert client.get(lesson).status_code == 200  # begun, so it stays open


def test_a_locked_lesson_asks_strangers_to_sign_in(locked: Catalog, client: Client, db: None) -> None:
    shown = client.get(reverse("lesson", args=["buckets", "second"]))
    assert (shown.status_code, "to practise" in shown.content.decode()) == (403, True)


def test_what_a_module_requires_is_a_domain_of_the_course(locked: Catalog) -> None:
    locked.replace("course.yaml", "requires: {secure", "requires: {secur")
    (problem,) = selectors.catalog_problems()
    assert "course.yaml:14: courses.E051 the domain secur is not one of the course's (did you mean secure?)" in str(
        problem
    )


def test_a_locked_exam_is_not_started_and_says_what_opens_it(course: Catalog, bob: User, client: Client) -> None:
    from tests.courses.exams.test_definitions import BANK, EXAM

    course.write("items/bank.md", BANK)
    course.write("exams/the-exam.md", EXAM)
    client.force_login(bob)
    assert "Security at 80 %: yours is 0 %" in client.get(reverse("exam", args=["the-exam"])).content.decode()
    refused = client.post(reverse("exam_start", args=["the-exam"]))
    assert refused.status_code == 409
    assert "This exam opens with Security at 80 % (yours is 0 %)." in refused.content.decode()
    assert not Attempt.objects.exists()


# --- Drills -----------------------------------------------------------------------------------------------------------


def test_a_drill_asks_what_is_for_practice_and_never_what_is_kept_for_exams(course: Catalog, bob: User) -> None:
    for _ in range(5):
        row = services.start_drill(user=bob, course_slug="buckets", now=NOW)
        assert len(row.items) == 10
        assert "bank-one" not in row.items
    domain = services.start_drill(user=bob, course_slug="buckets", domain="resilient", now=NOW)
    assert domain.items == ["nines"]


def test_a_drill_counts_the_first_answer_since_it_began(course: Catalog, bob: User) -> None:
    answer(bob, "free0", right=True, at=NOW - DAY)
    row = Drill.objects.create(user=bob, course_slug="buckets", items=["free0", "free1", "gone"], started_at=NOW)
    state = get_drill_for(bob, row.pk)
    assert [place.item.id for place in state.places] == ["free0", "free1"]
    assert (state.done, state.current and state.current.item.id) == (0, "free0")
    answer(bob, "free0", right=False, at=NOW + MINUTE)
    answer(bob, "free0", right=True, at=NOW + 2 * MINUTE)
    state = get_drill_for(bob, row.pk)
    assert (state.done, state.right, state.places[0].correct) == (1, 0, False)
    assert state.current and state.current.item.id == "free1"


@pytest.mark.parametrize(("course_slug", "domain"), [("buckets", "no-such"), ("nothing", "")])
def test_nothing_to_drill_is_told(course: Catalog, bob: User, course_slug: str, domain: str) -> None:
    with pytest.raises((services.NothingToDrill, Http404)):
        services.start_drill(user=bob, course_slug=course_slug, domain=domain, now=NOW)
    assert not Drill.objects.exists()


def test_an_item_outside_of_the_drill_is_not_answered_through_it(course: Catalog, bob: User) -> None:
    row = services.start_drill(user=bob, course_slug="buckets", domain="resilient", now=NOW)
    with pytest.raises(Http404):
        services.answer_drill(user=bob, drill_id=row.pk, item_id="free0", raw={"answer": ["x"]}, now=NOW)
    assert not PracticeResponse.objects.exists()


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def drill(course: Catalog, bob: User) -> Drill:
    return services.start_drill(user=bob, course_slug="buckets", domain="secure", now=NOW)


def addresses(drill: Drill) -> dict[str, str]:
    return {
        "practice": reverse("practice"),
        "drill_start": reverse("drill_start"),
        "drill": reverse("drill", args=[drill.pk]),
        "drill_item": reverse("drill_item", args=[drill.pk, drill.items[0]]),
    }


@pytest.mark.parametrize("name", ["practice", "drill_start", "drill", "drill_item"])
def test_who_is_not_signed_in_is_asked_to(client: Client, drill: Drill, name: str) -> None:
    response = client.get(addresses(drill)[name])
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


@pytest.mark.parametrize("name", ["drill", "drill_item"])
def test_a_drill_is_its_owners(client: Client, eve: User, drill: Drill, name: str) -> None:
    client.force_login(eve)
    assert client.get(addresses(drill)[name]).status_code == 404
    assert client.post(addresses(drill)["drill_item"], {"answer": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["practice", "drill"])
def test_a_page_takes_no_post(client: Client, bob: User, drill: Drill, name: str) -> None:
    client.force_login(bob)
    assert client.post(addresses(drill)[name]).status_code == 405


def test_a_drill_from_the_first_item_to_the_result(client: Client, bob: User, course: Catalog) -> None:
    client.force_login(bob)
    response = client.post(reverse("drill_start"), {"course": "buckets", "domain": "secure"})
    page = response["Location"]
    row = Drill.objects.get()
    items = selectors.get_course("buckets").drill
    for number, item_id in enumerate(row.items, start=1):
        shown = client.get(page).content.decode()
        assert f"Question {number} of 10" in shown
        assert "CANARY" not in shown
        right = [option.id for option in items[item_id].options if option.correct]
        answer_url = reverse("drill_item", args=[row.pk, item_id])
        told = client.post(answer_url, {"answer": right}, headers=HTMX).content.decode()
        assert "CANARY" in told
        assert ("See the result" if number == 10 else "Next question") in told
    assert "10 of 10 right" in client.get(page).content.decode()
    assert "CANARY" in client.get(f"{page}?place=3").content.decode()


def test_without_scripts_an_answer_leads_back_to_its_place(client: Client, bob: User, drill: Drill) -> None:
    client.force_login(bob)
    item = selectors.get_course("buckets").drill[drill.items[0]]
    wrong = [option.id for option in item.options if not option.correct][:1]
    response = client.post(addresses(drill)["drill_item"], {"answer": wrong})
    assert response["Location"] == f"{addresses(drill)['drill']}?place=1"
    shown = client.get(response["Location"]).content.decode()
    assert "Next question" in shown
    again = client.get(f"{addresses(drill)['drill']}?again={item.id}").content.decode()
    assert "Question 1 of" in again
    assert "Check answer" in again
    assert "Next question" not in again


def test_what_cannot_be_read_is_sent_back_with_a_sentence(client: Client, bob: User, drill: Drill) -> None:
    client.force_login(bob)
    response = client.post(addresses(drill)["drill_item"], {"answer": []}, headers=HTMX)
    assert response.status_code == 422
    assert "This did not count as a try." in response.content.decode()
    assert not PracticeResponse.objects.exists()


@pytest.mark.parametrize("place", ["0", "99", "x", "-1"])
def test_a_place_that_is_none_is_not_there(client: Client, bob: User, drill: Drill, place: str) -> None:
    client.force_login(bob)
    assert client.get(f"{addresses(drill)['drill']}?place={place}").status_code == 404


def test_who_begins_is_told_how_it_works_and_who_has_begun_sees_figures(
    client: Client, bob: User, course: Catalog
) -> None:
    client.force_login(bob)
    assert "How it works" in client.get(reverse("practice")).content.decode()
    answer(bob, "private", right=False, at=NOW - DAY)
    page = client.get(reverse("practice")).content.decode()
    assert "How it works" not in page
    assert "1 thing to see again now." in page
    assert re.search(r'<progress[^>]* value="0" aria-labelledby="domain-buckets-secure"', page)
    assert '<td class="number">14</td>' in page  # the table's twin of the bar


def test_an_empty_catalog_teaches_too(client: Client, bob: User, site: Catalog) -> None:
    for file in ("lessons/first.md", "lessons/second.md", "items/bank.md", "course.yaml"):
        (site.course / file).unlink()
    client.force_login(bob)
    page = client.get(reverse("practice")).content.decode()
    assert "Nothing to practise yet" in page
    assert "No task is waiting" in page


def test_nobody_sees_anothers_cards(course: Catalog, bob: User, eve: User) -> None:
    answer(bob, "private", right=True)
    ended(bob, {"bolt": ["failed"]})
    services.catch_up(user=bob, now=NOW)
    seen = practice(eve, now=NOW + DAY)
    assert (seen.due, seen.tried, seen.tasks) == (0, 0, ())
    assert all(one.right is None for one in standings(eve, selectors.get_course("buckets"), now=NOW))
