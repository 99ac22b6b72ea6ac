"""The live view: what its rows say, who is stuck and who is not, and what its stream sends to whom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes import services
from courses.classes.board import Board, stuck_on
from courses.models import Cohort, Membership
from courses.views.class_live import LiveRows
from labs.models import LabSession
from tests.courses.classes.conftest import NOW
from tests.e2e.scenes import grade, journal, lab_of_catalog, make_session

LAB = lab_of_catalog()


def fails(found: str, check: str = "s3.x") -> list[dict[str, Any]]:
    return [{"check": "s3.y", "outcome": "passed"}, {"check": check, "outcome": "failed", "found": f"{found}."}]


def run(*gradings: tuple[int, Sequence[dict[str, Any]]]) -> list[tuple[datetime, Any]]:
    """Return gradings as the detector has them, the newest first, from (minutes ago, results)."""
    return [(NOW - timedelta(minutes=ago), results) for ago, results in gradings]


class TestStuck:
    def test_the_same_thing_again_says_since_when_and_how_often(self) -> None:
        found = stuck_on(
            run((1, fails("open")), (5, fails("open")), (9, fails("open")), (12, fails("other"))), "Close it"
        )
        assert found and (found.since, found.times, found.reason) == (NOW - timedelta(minutes=9), 3, "open")
        assert (found.task, found.check) == ("Close it", "s3.x")

    @pytest.mark.parametrize(
        "gradings",
        [
            (),
            ((1, fails("open")),),  # judged once: nobody has tried again
            ((1, fails("open")), (5, fails("other"))),  # another reason: they are getting somewhere
            ((1, fails("open", "s3.z")), (5, fails("open"))),  # another check
        ],
    )
    def test_who_is_getting_somewhere_is_not_stuck(self, gradings: Any) -> None:
        assert stuck_on(run(*gradings), "t") is None


@pytest.fixture
def session(bob: Any) -> LabSession:
    made = make_session(bob)
    made.ready_at = timezone.now() - timedelta(minutes=40)
    made.save()
    journal(made)
    return made


def row_of(cohort: Cohort) -> Any:
    (row,) = Board(cohort, [LAB]).read(now=timezone.now())
    return row


class TestBoard:
    def test_a_row_says_what_stands_of_each_task(self, bobs_class: Cohort, session: LabSession) -> None:
        grade(session, LAB, ["passed", "failed", "error", "skipped"], minutes_ago=30)
        row = row_of(bobs_class)
        assert [cell.state for cell in row.cells[:4]] == ["passed", "failed", "error", "skipped"]
        assert "read-data" in row.cells[1].reason and row.call == "s3:PutBucketPolicy" and row.passed == 1
        assert row.stuck is None  # judged once

    def test_stuck_comes_by_the_clock_and_goes_with_progress(self, bobs_class: Cohort, session: LabSession) -> None:
        grade(session, LAB, ["passed", "failed"], minutes_ago=30)
        for ago in (20, 12, 1):
            grade(session, LAB, ["passed", "failed"], minutes_ago=ago)
        stuck = row_of(bobs_class).stuck
        assert stuck and stuck.task == LAB.tasks[1].title and stuck.times == 4
        grade(session, LAB, ["passed", "passed", "failed"], minutes_ago=0.5)
        assert row_of(bobs_class).stuck is None

    @pytest.mark.parametrize("state", ["paused", "ended", "queued"])
    def test_who_is_not_at_work_is_not_stuck(self, bobs_class: Cohort, session: LabSession, state: str) -> None:
        for ago in (30, 20, 10):
            grade(session, LAB, ["failed"], minutes_ago=ago)
        assert row_of(bobs_class).stuck
        LabSession.objects.update(state=state)
        assert row_of(bobs_class).stuck is None

    def test_a_reset_begins_anew_and_a_task_begun_anew_is_open(self, bobs_class: Cohort, session: LabSession) -> None:
        grade(session, LAB, ["passed"], minutes_ago=30)
        grade(session, LAB, ["failed"], minutes_ago=1)
        assert row_of(bobs_class).passed == 1  # once passed, it stays so …
        LabSession.objects.update(restarts={LAB.tasks[0].id: timezone.now().timestamp() - 120})
        assert row_of(bobs_class).passed == 0  # … unless it was begun anew since
        LabSession.objects.update(restarts={})
        session.sandbox.epoch = 2
        session.sandbox.save()
        assert {cell.state for cell in row_of(bobs_class).cells} == {""}

    def test_exams_are_not_looked_at_and_a_lab_is_shown_as_its_share(
        self, bobs_class: Cohort, session: LabSession
    ) -> None:
        grade(session, LAB, ["passed"], minutes_ago=3)
        other = lab_of_catalog("launch-web-server")
        (row,) = Board(bobs_class, [LAB, other]).read(now=timezone.now())
        assert [cell.short for cell in row.cells] == [f"1 / {len(LAB.tasks)}", "–"]
        LabSession.objects.update(exam=True)
        assert row_of(bobs_class).session is None

    def test_as_many_queries_for_two_hundred_as_for_one(
        self, bobs_class: Cohort, session: LabSession, eve: Any, django_assert_max_num_queries: Any
    ) -> None:
        Membership.objects.create(cohort=bobs_class, user=eve, joined_at=NOW)
        for one in (session, make_session(eve)):
            for ago in (30, 20, 10):
                grade(one, LAB, ["failed"], minutes_ago=ago)
        LabSession.objects.update(ready_at=NOW - timedelta(days=1))
        board = Board(bobs_class, [LAB])
        with django_assert_max_num_queries(7):
            assert len([row for row in board.read(now=timezone.now()) if row.stuck]) == 2
        with django_assert_max_num_queries(7):
            (row,) = board.read(now=timezone.now(), sessions={str(session.pk), "no id"})
        assert row.name == "bob" and board.totals() == {"learners": 2, "open": 2, "completed": 0, "stuck": 2}


class TestLiveRows:
    def rows(self, user: Any, cohort: Cohort) -> LiveRows:
        return LiveRows(user, cohort.pk, LAB.slug, timezone.get_current_timezone())

    def test_first_all_and_then_what_is_another_one(
        self, bobs_class: Cohort, ada: Any, bob: Any, eve: Any, session: LabSession
    ) -> None:
        Membership.objects.create(cohort=bobs_class, user=eve, joined_at=NOW)
        live = self.rows(ada, bobs_class)
        assert set(json.loads(live.read(None))["rows"]) == {str(bob.pk), str(eve.pk)}
        assert live.read({str(session.pk)}) == "" == live.read(None)
        grade(session, LAB, ["passed"])
        told = json.loads(live.read({str(session.pk)}))
        assert set(told["rows"]) == {str(bob.pk)} and "Passed" in told["rows"][str(bob.pk)]
        services.leave(cohort=bobs_class, user=eve, now=NOW)
        assert json.loads(live.read(None))["gone"] == [str(eve.pk)]

    def test_nothing_of_those_who_are_not_in_the_class(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        live, other = self.rows(ada, bobs_class), str(make_session(eve).pk)
        live.read(None)
        assert live.read({other}) == "" and not live.cares(other)

    def test_it_ends_with_the_right_to_look(self, bobs_class: Cohort, ada: Any, grace: Any) -> None:
        live = self.rows(ada, bobs_class)
        live.read(None)
        services.add_instructor(cohort=bobs_class, username="grace")
        services.remove_instructor(cohort=bobs_class, user_id=ada.pk)
        with pytest.raises(Http404):
            live.read(None)

    def test_text_of_learners_and_clouds_is_text(
        self, bobs_class: Cohort, ada: Any, bob: Any, session: LabSession
    ) -> None:
        bob.username = "<b>bob"
        bob.save()
        grade(session, LAB, ["failed"])
        row = session.gradings.get().tasks.get()
        row.results[-1]["found"] = "<img src=x onerror=alert(1)>"
        row.save()
        html = json.loads(self.rows(ada, bobs_class).read(None))["rows"][str(bob.pk)]
        assert "<b>bob" not in html and "<img" not in html and "&lt;img" in html

    def test_who_gets_the_stream(
        self, client: Client, bobs_class: Cohort, ada: Any, grace: Any, bob: Any, olga: Any
    ) -> None:
        path = reverse("class_live_events", args=[bobs_class.pk])
        assert client.get(path).status_code == 302
        got = []
        for person in (ada, grace, bob, olga):
            client.force_login(person)
            got.append(client.get(path).status_code)
        assert got == [200, 404, 404, 200] and client.post(path).status_code == 405
