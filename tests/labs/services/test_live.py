"""Judged while one works: only what a call can touch is looked at again, and all of it when one rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from graders import Outcome, reach
from labs import scoring, services
from labs.models import ApiCall, Grading, Job, LabSession
from labs.selectors import task_states
from labs.services.live import REST
from tests.labs.doubles import Clock, Worker

pytestmark = pytest.mark.django_db
Close = Callable[..., None]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The checks that were run, by what they look at; one may empty it."""
    seen: list[str] = []
    run = scoring.run

    def noted(call: Any, account: Any, *more: Any) -> Any:
        seen.append(call.parameters["bucket"])
        return run(call, account, *more)

    monkeypatch.setattr(scoring, "run", noted)
    return seen


def call(session: LabSession, clock: Clock, service: str = "s3", **more: Any) -> None:
    seq = ApiCall.objects.filter(sandbox=session.sandbox).count() + 1
    ApiCall.objects.create(
        sandbox=session.sandbox, epoch=1, seq=seq, at=clock(), service=service, action="Put", status=200,
        mutating=True, milliseconds=3, **more,
    )  # fmt: skip
    services.note_call(sandbox_number=session.sandbox_id, epoch=1, seq=seq, now=clock())


def test_a_call_has_only_those_checks_run_that_it_can_touch(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str]
) -> None:
    close_bucket(ready, "first")
    close_bucket(ready, "second", undo=True)
    call(ready, clock)
    worker.work()
    assert len(ran) == 2
    ran.clear()
    clock.go(1)
    call(ready, clock, "dynamodb")
    assert worker.work("live") == 1
    assert ran == []
    partial = Grading.objects.latest("finished_at")
    assert (partial.partial, partial.journal_seq, partial.score) == (True, 2, 2)
    assert [state.outcome for state in task_states(ready)] == [Outcome.PASSED, Outcome.FAILED]
    assert [state.stale for state in task_states(ready)] == [False, False]
    close_bucket(ready, "second")
    clock.go(1)
    call(ready, clock)
    worker.work("live")
    assert len(ran) == 2
    assert [state.outcome for state in task_states(ready)] == [Outcome.PASSED, Outcome.PASSED]


@pytest.mark.parametrize("service", ["iam", "kms", "lambda", "events", "cloudformation", "a-new-one"])
def test_a_call_of_which_nobody_knows_how_far_it_reaches_has_all_run(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str], service: str
) -> None:
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    ran.clear()
    call(ready, clock, service)
    worker.work("live")
    assert len(ran) == 2


def test_once_there_is_a_wire_every_call_has_all_run(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str]
) -> None:
    close_bucket(ready, "first")
    call(ready, clock, "lambda")
    worker.work()
    ran.clear()
    call(ready, clock, "dynamodb")
    worker.work("live")
    assert len(ran) == 2


def test_all_is_looked_at_once_more_when_one_rests(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str]
) -> None:
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    call(ready, clock, "dynamodb")
    worker.work()
    clock.go(2)
    call(ready, clock, "dynamodb")  # not yet at rest
    worker.work()
    ran.clear()
    clock.go(REST.total_seconds() - 1)
    worker.work()
    assert ran == []
    clock.go(REST.total_seconds())
    worker.work()
    assert len(ran) == 2
    assert not Grading.objects.latest("finished_at").partial
    clock.go(minutes=10)
    assert worker.work("live") == 0


def test_an_undo_has_all_run_again(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str]
) -> None:
    close_bucket(ready, "first")
    for service in ("s3", "dynamodb"):
        call(ready, clock, service)
        worker.work()
    ran.clear()
    services.undo_last(session=ready, now=clock.go(1))
    assert all(state.stale for state in task_states(ready))
    worker.work("live")
    assert len(ran) == 2
    assert not any(state.stale for state in task_states(ready))


def test_who_asks_has_all_run(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, ran: list[str]
) -> None:
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    ran.clear()
    services.request_grading(session=ready, trigger=Grading.Trigger.ASKED, now=clock())
    worker.work("grade")
    assert len(ran) == 2


def test_a_judgement_that_broke_three_times_is_said_to_be_ours_and_leaves_nothing_behind(
    ready: LabSession, clock: Clock, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labs.services.live.grade_lab", lambda *_, **__: 1 / 0)
    call(ready, clock)
    for _ in range(4):
        worker.work()
        clock.go(10)
    assert Grading.objects.get().state == Grading.State.DEAD
    assert Job.objects.get(kind="live").state == Job.State.DEAD


def test_passed_stays_passed_and_the_page_knows_what_is_so_now(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    close_bucket(ready, "first", undo=True)
    clock.go(5)
    call(ready, clock)
    worker.work()
    first = task_states(ready)[0]
    assert (first.outcome, first.now, first.score) == (Outcome.PASSED, Outcome.FAILED, 2)
    close_bucket(ready, "second")
    clock.go(5)
    call(ready, clock)
    worker.work()
    ready.refresh_from_db()
    assert (ready.score, ready.completed_at) == (5, clock())


def test_a_task_that_must_stay_so_does_not_stay_passed(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    revision = ready.lab_revision
    revision.source = revision.source.replace("{#first points=2}", "{#first points=2 stays=yes}")
    revision.revision = "2" * 64
    revision.save()
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    ready.refresh_from_db()
    assert task_states(ready)[0].outcome == Outcome.PASSED
    close_bucket(ready, "first", undo=True)
    clock.go(1)
    call(ready, clock)
    worker.work()
    assert task_states(ready)[0].outcome == Outcome.FAILED


class TestReach:
    """What a call can touch, as a matter of names alone."""

    def test_a_call_of_s3_does_not_touch_databases(self) -> None:
        changed = reach.touched(["s3"], before=["s3", "rds", "ec2"])
        assert not reach.is_affected(["rds", "ec2"], changed)
        assert reach.is_affected(["s3", "iam"], changed)

    def test_who_acts_and_who_watches_others_is_always_affected(self) -> None:
        changed = reach.touched(["dynamodb"])
        for reads in ([reach.EVERYTHING], ["cloudtrail"], ["config"], ["cloudwatch"], []):
            assert reach.is_affected(reads, changed)

    def test_what_hands_events_on_reaches_everything_from_then_on(self) -> None:
        assert reach.touched(["s3"], before=["s3", "events"]) is None
        assert reach.touched(["iam"]) is None
        assert reach.touched(["s3"], before=["iam"]) is not None

    def test_every_confined_service_touches_itself(self) -> None:
        for service, others in reach.CONFINED.items():
            assert service in others | {service}
            assert reach.is_affected([service], reach.touched([service])), service


def test_time_is_looked_after_where_something_is_under_way(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labs.services.live.TIMED", reach.TIMED | {"s3"})
    close_bucket(ready, "first")
    call(ready, clock)
    worker.work()
    before = Grading.objects.count()
    close_bucket(ready, "second")  # by itself, as a database comes up
    clock.go(25)
    worker.work()
    assert Grading.objects.count() == before + 1
    assert [state.outcome for state in task_states(ready)] == [Outcome.PASSED, Outcome.PASSED]
    clock.go(timedelta(minutes=5).total_seconds())
    assert worker.work() == 0
