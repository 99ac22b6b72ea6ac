"""A lab in an exam, from the page that opens it to the score: what the domain does with sandboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from moto import mock_aws

from bench.papers import SLUG
from courses.models import Attempt, Credit, Event, LabPlace
from courses.selectors import attempts as selectors
from courses.services import attempts, clock, lab_places
from courses.services.host_watch import HostWatch
from courses.services.sweeping import sweep
from graders import Outcome, Result
from labs import jobs, services
from labs.models import ApiCall, Job, LabSession, Sandbox
from labs.scoring import TaskGrade
from labs.services import examined, note_call
from tests.labs.doubles import MemoryProvider

pytestmark = pytest.mark.django_db


@dataclass
class Hall:
    """Bob in an exam whose second section is a lab; `work` does what a worker would."""

    attempt: Attempt
    epoch: int
    now: datetime

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def next_section(self) -> None:
        attempts.leave_section(attempt=self.attempt, tab="t", epoch=self.epoch, section=0, now=self.now)

    def submit(self) -> None:
        attempts.submit(attempt=self.attempt, tab="t", epoch=self.epoch, now=self.now)

    def work(self) -> None:
        for _ in range(30):
            due = Job.objects.filter(state=Job.State.READY, not_before__lte=self.now).exclude(kind="turn").first()
            if due is None:
                return
            jobs.run(due.pk, clock=lambda: self.now)

    @property
    def place(self) -> LabPlace:
        return LabPlace.objects.select_related("session__sandbox", "session__lab_revision", "attempt").get()

    @property
    def session(self) -> LabSession:
        found = self.place.session
        assert found
        return found

    def call(self, at: datetime | None = None) -> None:
        sandbox = self.session.sandbox
        seq = ApiCall.objects.filter(sandbox=sandbox).count() + 1
        ApiCall.objects.create(
            sandbox=sandbox, epoch=sandbox.epoch, seq=seq, at=at or self.now, service="s3", action="CreateBucket",
            status=200, mutating=True, milliseconds=1,
        )  # fmt: skip


@pytest.fixture
def hall(bob: Any, provider: MemoryProvider) -> Hall:
    now = clock.now()
    attempt = attempts.start(user=bob, slug=SLUG, now=now)
    epoch = attempts.take_pen(attempt=attempt, tab="t", now=now).pen_epoch
    return Hall(attempt, epoch, now)


@pytest.fixture
def open_lab(hall: Hall) -> Hall:
    hall.next_section()
    hall.work()
    assert hall.session.is_ready
    return hall


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        yield


def test_the_sandbox_comes_with_its_section(hall: Hall) -> None:
    assert (hall.place.state, hall.place.place, hall.place.section) == (LabPlace.State.WAITING, 4, 1)
    assert not LabSession.objects.exists()
    hall.next_section()
    assert hall.place.state == LabPlace.State.OPEN
    assert hall.session.state == LabSession.State.QUEUED
    shown = selectors.paper_of(Attempt.objects.get())[0]
    assert (shown.type, shown.payload["session_url"]) == ("lab", "")
    hall.work()
    shown = selectors.paper_of(Attempt.objects.get())[0]
    assert shown.payload["session_url"] == f"/labs/sessions/{hall.session.pk}/"
    assert shown.payload["tasks"]
    assert {frozenset(task) for task in shown.payload["tasks"]} == {frozenset({"title"})}


def test_the_lab_is_pinned_at_the_start(hall: Hall, settings: Any, tmp_path: Any) -> None:
    revision = hall.place.revision
    settings.LAB_CATALOG = tmp_path  # it is gone from the catalog
    hall.next_section()
    hall.work()
    assert hall.session.lab_revision == revision
    assert hall.session.is_ready


@pytest.mark.usefixtures("account")
def test_nothing_of_it_is_judged_or_shown_before_the_end(open_lab: Hall, bob: Any) -> None:
    session, now = open_lab.session, open_lab.now
    note_call(sandbox_number=session.sandbox_id, epoch=1, seq=1, now=now)
    assert not Job.objects.filter(kind="live").exists()
    for act in (
        lambda: services.request_grading(session=session, trigger="asked", now=now),
        lambda: services.reveal_hint(session=session, task_id="first", now=now),
        lambda: services.reset_session(session=session, now=now),
        lambda: services.extend_session(session=session, now=now),
    ):
        with pytest.raises(services.InExam):
            act()
    client = Client()
    client.force_login(bob)
    assert client.post(f"/labs/sessions/{session.pk}/end/").status_code == 409
    page = client.get(f"/labs/sessions/{session.pk}/").content.decode()
    assert "part of your exam" in page
    for word in (
        "Check my work",
        "Hint",
        "Reset the sandbox",
        "extend-dialog",
        "end-dialog",
        "Pause …",
        "Skip …",
        "Points: ",
    ):
        assert word not in page, word
    open_lab.submit()
    open_lab.work()
    over = client.get(f"/labs/sessions/{session.pk}/")
    assert over.status_code == 409  # its solutions are for practice


def test_practice_goes_on_beside_it(open_lab: Hall, bob: Any) -> None:
    practice = services.start_session(user=bob, slug="two-buckets", now=open_lab.now)
    assert practice.pk != open_lab.session.pk
    sweeping = open_lab.now + timedelta(hours=9)
    services.sweep(now=sweeping)
    assert open_lab.session.is_ready  # neither idle nor expired: the exam ends it


@pytest.mark.usefixtures("account")
def test_what_is_graded_is_a_clean_replay_of_calls_1_to_n(open_lab: Hall, provider: MemoryProvider) -> None:
    open_lab.call()
    open_lab.go(60)
    open_lab.call()
    provider.diary.clear()
    open_lab.submit()
    assert Sandbox.objects.get().state == Sandbox.State.FROZEN
    assert open_lab.place.frozen_at == open_lab.now
    open_lab.call(open_lab.now + timedelta(seconds=6))  # too late, whoever let it in
    open_lab.work()
    place = open_lab.place
    assert (place.state, place.epoch, place.journal_seq) == (LabPlace.State.GRADED, 1, 2)
    assert place.snapshot is not None
    acts = [act for act, _ in provider.diary]
    assert acts.index("start") < acts.index("checkpoint") < acts.index("fork")
    assert Sandbox.objects.get().state == Sandbox.State.ENDED
    assert open_lab.session.state == LabSession.State.ENDED
    results = place.results
    assert [one["outcome"] for one in results] == ["failed"] * len(results)
    score = Attempt.objects.get().scores.get()
    assert {one["place"]: one["outcome"] for one in score.places}[4] != "owed"
    assert lab_places.grade_again(row=place, now=open_lab.now)
    assert Sandbox.objects.get().state == Sandbox.State.ENDED


def test_at_the_deadline_it_is_held_and_after_a_credit_released(open_lab: Hall) -> None:
    open_lab.now = open_lab.attempt.deadline_at
    sweep(now=open_lab.now)
    assert Sandbox.objects.get().state == Sandbox.State.FROZEN
    assert open_lab.place.state == LabPlace.State.OPEN
    attempts.credit(attempt=open_lab.attempt, seconds=300, key="x", reason="r", actor=None, now=open_lab.now)
    sweep(now=open_lab.now)
    assert Sandbox.objects.get().state == Sandbox.State.LIVE
    open_lab.go(308)
    sweep(now=open_lab.now)
    assert (open_lab.place.state, Sandbox.objects.get().state) == (LabPlace.State.FROZEN, Sandbox.State.FROZEN)
    assert open_lab.place.frozen_at == Attempt.objects.get().deadline_at


@pytest.mark.usefixtures("account")
def test_waiting_for_a_sandbox_is_given_back(hall: Hall) -> None:
    hall.next_section()
    hall.go(45)
    hall.work()
    sweep(now=hall.now)
    sweep(now=hall.now)
    assert Credit.objects.get().seconds == 45
    assert Attempt.objects.get().deadline_at == hall.attempt.deadline_at + timedelta(seconds=45)


def test_a_sandbox_that_was_never_built_is_owed_and_no_zero(hall: Hall, provider: MemoryProvider) -> None:
    hall.next_section()
    provider.away = True
    hall.go(60)
    hall.submit()
    for _ in range(40):
        hall.work()
        hall.go(10)
    assert hall.place.state == LabPlace.State.OWED
    assert not Attempt.objects.get().scores.exists()


def test_a_host_that_is_away_is_waited_for(open_lab: Hall, provider: MemoryProvider) -> None:
    open_lab.submit()
    provider.away = True
    open_lab.work()
    assert open_lab.place.state == LabPlace.State.FROZEN
    provider.away = False
    open_lab.go(2)
    with mock_aws():
        open_lab.work()
    assert open_lab.place.state == LabPlace.State.GRADED


def _grade(outcome: Outcome, score: float) -> TaskGrade:
    return TaskGrade("first", outcome, score, 6.0, (Result(check="c", title="t", outcome=outcome),))


def test_a_check_that_breaks_is_tried_again_and_then_owed_and_settled(
    open_lab: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Callable[..., Any]] = [lambda **_: [_grade(Outcome.ERROR, 0)]]
    monkeypatch.setattr(examined, "grade_journal", lambda **how: found[0](**how))
    open_lab.submit()
    for _ in range(8):
        open_lab.work()
        open_lab.go(10)
    assert open_lab.place.state == LabPlace.State.OWED
    assert not Attempt.objects.get().scores.exists()
    found[0] = lambda **_: [_grade(Outcome.PASSED, 6)]
    assert lab_places.grade_again(row=open_lab.place, now=open_lab.now)
    open_lab.work()
    assert open_lab.place.state == LabPlace.State.GRADED
    assert Attempt.objects.get().scores.get()
    found[0] = lambda **_: [_grade(Outcome.FAILED, 0)]
    assert not lab_places.grade_again(row=open_lab.place, now=open_lab.now)
    assert [one.kind for one in Event.objects.filter(kind__startswith="lab").order_by("pk")] == [
        "lab opened",
        "lab frozen",
        "lab owed",
        "lab graded",
    ]


def test_a_lab_that_was_never_reached_keeps_nobody_waiting(hall: Hall) -> None:
    hall.submit()
    hall.work()
    assert hall.place.state == LabPlace.State.WAITING
    assert Attempt.objects.get().scores.get()


def test_a_host_that_was_away_is_given_back_to_who_worked_in_it(open_lab: Hall, provider: MemoryProvider) -> None:
    watch = HostWatch()
    assert watch.look(now=open_lab.now) == 0
    provider.away = True
    for _ in range(10):
        open_lab.go(2)
        assert watch.look(now=open_lab.now) == 0
    provider.away = False
    open_lab.go(2)
    assert watch.look(now=open_lab.now) == 1
    assert Credit.objects.get().seconds == 22
    open_lab.go(2)
    assert watch.look(now=open_lab.now) == 0
    assert Attempt.objects.get().deadline_at == open_lab.attempt.deadline_at + timedelta(seconds=22)
