"""The book of a class, from what learners did: whose it is, where each grade comes from, what instructors change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.classes import assigned
from courses.classes import services as classes
from courses.gradebook import selectors, services
from courses.gradebook.models import GradeRuling
from courses.gradebook.selectors import State
from courses.models import Assignment, Cohort, LessonRead, Membership
from labs.models import Grading, HintReveal, LabSession
from skylab.accounts.models import User
from tests.courses.exams.results import exam
from tests.e2e.scenes import lab_of_catalog, make_session
from tests.e2e.score_scenes import scored

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def cohort(ada: User, bob: User, eve: User) -> Cohort:
    made: Cohort = classes.create_cohort(actor=ada, name="Autumn", now=NOW - 30 * DAY)
    for one in (bob, eve):
        Membership.objects.create(cohort=made, user=one, joined_at=NOW - 30 * DAY)
    return made


def assign(
    cohort: Cohort, ada: User, kind: str = "lab", slug: str = "private-bucket-one-reader", **told: Any
) -> Assignment:
    told = {"due_at": NOW, "late_rule": "per_day", "late_percent": 10} | told
    made: Assignment = assigned.assign(cohort=cohort, actor=ada, now=NOW - 20 * DAY, kind=kind, slug=slug, **told)
    return made


def worked(user: User, *reached: tuple[timedelta, float], hint: tuple[timedelta, float] | None = None) -> LabSession:
    """A session with gradings: so long after NOW, this share of its points."""
    session = make_session(user, state="ended", lab=lab_of_catalog("private-bucket-one-reader"), now=NOW)
    if hint:
        HintReveal.objects.create(
            session=session, task_id="x", index=0, cost=hint[1] * session.points, revealed_at=NOW + hint[0]
        )
    best = 0.0
    for after, share in reached:
        score = share * session.points
        Grading.objects.create(
            session=session,
            state="done",
            requested_at=NOW + after,
            finished_at=NOW + after,
            score=score,
            points=session.points,
        )
        spent = hint[1] * session.points if hint and after >= hint[0] else 0
        best = max(best, score - spent)
    LabSession.objects.filter(pk=session.pk).update(score=best)
    return session


def cell(cohort: Cohort, user: User, *, now: datetime = NOW + 9 * DAY) -> selectors.Cell:
    return selectors.book(cohort, now=now, users=[user]).rows[0].cells[0]


class TestWhereGradesComeFrom:
    def test_a_lab_counts_with_the_best_that_was_reached(self, cohort: Cohort, ada: User, bob: User, eve: User) -> None:
        assign(cohort, ada)
        worked(bob, (-2 * DAY, 0.5), (-DAY, 0.8))
        second = worked(bob, (-HOUR, 0.2))
        found = cell(cohort, bob)
        assert (found.points, found.state) == (80, State.GRADED)
        assert "Session 1 of 2" in found.why[0] and found.piece and found.piece.session != second.pk
        assert (cell(cohort, eve).points, cell(cohort, eve).state) == (0, State.MISSING)
        assert cell(cohort, eve, now=NOW - DAY).points is None

    def test_what_was_reached_in_time_stays(self, cohort: Cohort, ada: User, bob: User) -> None:
        assign(cohort, ada)
        worked(bob, (-HOUR, 0.7), (3 * DAY - HOUR, 0.9))
        assert (cell(cohort, bob).points, cell(cohort, bob).state) == (70, State.GRADED)  # 90 less 30 is not better
        worked(bob, (DAY, 0.9))
        found = cell(cohort, bob)
        assert (found.points, found.state) == (80, State.LATE) and "1 day late: 10.00 points off." in found.why

    def test_hints_cost_from_when_they_were_opened(self, cohort: Cohort, ada: User, bob: User) -> None:
        assign(cohort, ada)
        worked(bob, (-2 * HOUR, 0.6), (2 * DAY, 1.0), hint=(DAY, 0.3))
        assert cell(cohort, bob).points == 60  # in time, before the hint; late it would be 70 less 20

    def test_an_exam_counts_as_it_says_itself(self, cohort: Cohort, ada: User, bob: User, monkeypatch: Any) -> None:
        paper = exam(review="items")
        scored(bob, 5, paper=paper)
        best = scored(bob, 10, paper=paper)
        monkeypatch.setattr("courses.classes.assigned.thing_of", lambda *_: None)
        assign(cohort, ada, "exam", paper.slug, due_at=None)
        found = cell(cohort, bob)
        assert found.piece and found.piece.attempt == best.pk and "Attempt 2 of 2" in found.why[0]
        newest = best.scores.latest("version")
        assert found.points == selectors.arithmetic.rounded(100 * newest.raw / newest.maximum)

    def test_of_lessons_each_counts(self, cohort: Cohort, ada: User, bob: User) -> None:
        made = assign(cohort, ada, "course", "aws-foundations", due_at=NOW)
        lessons = selectors.things_of([made])[made.pk].lessons
        half = len(lessons) // 2
        for number, slug in enumerate(lessons):
            at = NOW - HOUR if number < half else NOW + 20 * DAY
            LessonRead.objects.create(user=bob, course_slug="aws-foundations", lesson_slug=slug, read_at=at)
        found = cell(cohort, bob)
        assert found.points == selectors.arithmetic.rounded(Decimal(100 * half) / len(lessons))
        assert found.why[0] == f"{half} of {len(lessons)} lessons read."

    def test_a_class_costs_as_many_queries_as_one_learner(
        self, cohort: Cohort, ada: User, bob: User, django_assert_max_num_queries: Any
    ) -> None:
        assign(cohort, ada)
        for number in range(12):
            one = User.objects.create(username=f"l{number}")
            Membership.objects.create(cohort=cohort, user=one, joined_at=NOW)
            worked(one, (-HOUR, 0.5))
        with django_assert_max_num_queries(14):
            assert len(selectors.book(cohort, now=NOW).rows) == 14


class TestWhatInstructorsChange:
    def test_a_grade_by_hand_is_kept_with_who_and_why_and_can_be_taken_back(
        self, cohort: Cohort, ada: User, bob: User
    ) -> None:
        made = assign(cohort, ada)
        worked(bob, (-HOUR, 0.5))
        told = {"assignment": made, "user": bob, "actor": ada, "now": NOW}
        services.rule(kind="points", points=Decimal("66.5"), reason="Was ill.", **told)
        assert (cell(cohort, bob).points, cell(cohort, bob).state) == (Decimal("66.5"), State.RULED)
        assert "Without it: 50." in cell(cohort, bob).why
        services.rule(kind="excused", points=None, reason="Ill for longer.", **told)
        assert selectors.book(cohort, now=NOW, users=[bob]).rows[0].total.percent is None
        services.rule(kind="reckoned", points=None, reason="A mistake.", **told)
        assert cell(cohort, bob).points == 50
        kept = [(one.before, one.kind, one.reason) for one in reversed(selectors.rulings_of(cohort, bob.pk))]
        assert kept == [
            ("50 (Graded)", "points", "Was ill."),
            ("66.5 (By hand)", "excused", "Ill for longer."),
            ("Excused (Excused)", "reckoned", "A mistake."),
        ]

    @pytest.mark.parametrize("points", [None, "-1", "200.01", "1.005", "NaN", "Infinity"])
    def test_what_is_no_grade(self, cohort: Cohort, ada: User, bob: User, points: str | None) -> None:
        with pytest.raises(services.BadGrade):
            services.rule(
                assignment=assign(cohort, ada), user=bob, kind="points", points=Decimal(points) if points else None,
                reason="x", actor=ada, now=NOW,
            )  # fmt: skip

    def test_rules_and_other_times(self, cohort: Cohort, ada: User, bob: User) -> None:
        made = assign(cohort, ada)
        assign(cohort, ada, slug="launch-web-server")
        worked(bob, (HOUR, 0.5))
        assert cell(cohort, bob).points == 40
        services.set_rules(cohort=cohort, grace_minutes=60, drop_lowest=1, actor=ada, now=NOW)
        row = selectors.book(cohort, now=NOW + DAY, users=[bob]).rows[0]
        assert [one.points for one in row.cells] == [50, 0] and [one.dropped for one in row.cells] == [False, True]
        assert row.total.percent == 50
        services.set_rules(cohort=cohort, grace_minutes=0, drop_lowest=0, actor=ada, now=NOW)
        assigned.set_override(assignment=made, user=bob, actor=ada, reason="Moved.", now=NOW, due_at=NOW + DAY)
        assert cell(cohort, bob).points == 50

    def test_what_if_keeps_nothing(self, cohort: Cohort, ada: User, bob: User) -> None:
        made = assign(cohort, ada)
        book = selectors.book(cohort, now=NOW - DAY, users=[bob])
        assert book.rows[0].total.percent is None
        assert selectors.what_if(book, {made.pk: Decimal(90)}).rows[0].total.percent == 90
        assert selectors.what_if(book, {made.pk: Decimal(900)}).rows[0].total.percent == 100
        assert selectors.book(cohort, now=NOW - DAY, users=[bob]).rows[0].total.percent is None


class TestPages:
    def test_who_may_see_and_change(
        self, client: Client, cohort: Cohort, ada: User, bob: User, eve: User, olga: User
    ) -> None:
        made = assign(cohort, ada, due_at=timezone.now() + DAY)
        worked(bob, (-HOUR, 0.5))
        base = f"/grades/{cohort.pk}/"
        one = f"{base}people/{bob.pk}/"
        stranger = User.objects.create_user(username="mallory", password="x", role="instructor")
        closed = [base, one, f"{base}grades.csv", f"{base}grades.xlsx"]
        for user in (bob, eve, stranger):
            client.force_login(user)
            assert [client.get(url).status_code for url in closed] == [404] * 4
            assert client.post(f"{one}{made.pk}/", {"kind": "points", "points": "99", "reason": "x"}).status_code == 404
            assert client.post(f"{base}rules/", {"grace_minutes": "1", "drop_lowest": "1"}).status_code == 404
        assert not GradeRuling.objects.exists()
        assert client.get(f"{base}mine/").status_code == 404
        for user in (ada, olga):
            client.force_login(user)
            assert [client.get(url).status_code for url in closed] == [200] * 4
            assert client.get(f"{base}people/{ada.pk}/").status_code == 404  # no learner of it
            assert client.get(f"{base}mine/").status_code == 404
        assert client.post(f"{one}{made.pk}/", {"kind": "points", "points": "x", "reason": "x"}).status_code == 422
        assert (
            client.post(f"{one}{made.pk}/", {"kind": "points", "points": "7,5", "reason": "By eye."}).status_code == 302
        )
        assert client.post(f"{base}rules/", {"grace_minutes": "-1", "drop_lowest": "1"}).status_code == 422
        client.force_login(bob)
        page = client.get(f"{base}mine/", {f"if-{made.pk}": "100"}).content.decode()
        assert "By eye." in page and "What if" in page and "7.5" in page
        assert client.get(f"{base}mine/", {f"if-{made.pk}": "1e999999"}).status_code == 200
        said = json.loads(client.get("/settings/my-data.json").content)
        assert said["grades_by_hand"][0]["reason"] == "By eye."

    def test_an_archived_class_is_only_read(self, client: Client, cohort: Cohort, ada: User, bob: User) -> None:
        made = assign(cohort, ada)
        Cohort.objects.update(archived_at=NOW)
        client.force_login(ada)
        assert client.get(f"/grades/{cohort.pk}/").status_code == 200
        told = {"kind": "points", "points": "99", "reason": "x"}
        assert client.post(f"/grades/{cohort.pk}/people/{bob.pk}/{made.pk}/", told).status_code == 404
