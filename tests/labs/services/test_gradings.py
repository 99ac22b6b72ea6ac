from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from graders import Outcome
from labs import jobs, services
from labs.models import ApiCall, Grading, Job, LabSession, TaskResult
from labs.selectors import task_states
from tests.labs.doubles import Clock, MemoryProvider, Worker

ASKED, LIVE = Grading.Trigger.ASKED, Grading.Trigger.LIVE
pytestmark = pytest.mark.django_db
Close = Callable[..., None]


def call(session: LabSession, seq: int, clock: Clock, *, epoch: int = 1, mutating: bool = True) -> None:
    ApiCall.objects.create(
        sandbox=session.sandbox, epoch=epoch, seq=seq, at=clock(), service="s3", action="PutPublicAccessBlock",
        status=200, mutating=mutating, milliseconds=3,
    )  # fmt: skip
    services.note_call(sandbox_number=session.sandbox_id, epoch=epoch, seq=seq, now=clock(), mutating=mutating)


def test_a_grading_judges_each_task_and_gives_its_points(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    close_bucket(ready, "second", undo=True)
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    grading = Grading.objects.get()
    assert (grading.state, grading.score, grading.points) == (Grading.State.DONE, 2, 5)
    assert grading.milliseconds is not None
    assert [row.outcome for row in grading.tasks.order_by("pk")] == [Outcome.PASSED, Outcome.FAILED]
    ready.refresh_from_db()
    assert (ready.score, ready.completed_at) == (2, None)


def test_full_marks_complete_the_session_once(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    close_bucket(ready, "second")
    first = clock.go(5)
    for _ in range(2):
        services.request_grading(session=ready, trigger=ASKED, now=clock())
        worker.work()
        clock.go(60)
    ready.refresh_from_db()
    assert (ready.score, ready.completed_at) == (5, first)


def test_points_never_go_down(ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close) -> None:
    close_bucket(ready, "second")
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    close_bucket(ready, "second", undo=True)
    clock.go(1)
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    assert Grading.objects.latest("finished_at").score == 0
    ready.refresh_from_db()
    assert ready.score == 3


def test_a_check_that_breaks_costs_no_points_and_says_so(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_bucket(ready, "first")
    close_bucket(ready, "second", undo=True)
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    close_bucket(ready, "second")
    # The bucket of the first task cannot be asked about for a moment.
    from graders.iam import ask

    exists = ask.bucket_exists

    def broken(account: Any, bucket: str) -> Any:
        if bucket == ready.parameters["first"]:
            raise OSError("connection reset")
        return exists(account, bucket)

    monkeypatch.setattr(ask, "bucket_exists", broken)
    clock.go(1)
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    first, second = TaskResult.objects.filter(grading=Grading.objects.latest("finished_at")).order_by("pk")
    assert (first.outcome, first.score) == (Outcome.ERROR, 2)
    assert (second.outcome, second.score) == (Outcome.PASSED, 3)
    ready.refresh_from_db()
    assert ready.score == 5


def test_two_clicks_are_one_grading(ready: LabSession, clock: Clock) -> None:
    one = services.request_grading(session=ready, trigger=ASKED, now=clock())
    two = services.request_grading(session=ready, trigger=ASKED, now=clock())
    assert one == two
    assert Job.objects.filter(kind="grade").count() == 1


def test_a_request_after_a_change_is_not_answered_by_a_look_that_was_before_it(ready: LabSession, clock: Clock) -> None:
    from labs.services.gradings import look

    call(ready, 1, clock)
    one = services.request_grading(session=ready, trigger=ASKED, now=clock())
    look(one.pk, states=(LabSession.State.READY,))
    assert services.request_grading(session=ready, trigger=ASKED, now=clock()) == one
    call(ready, 2, clock)
    assert services.request_grading(session=ready, trigger=ASKED, now=clock()) != one


def test_a_session_that_is_over_is_not_graded(ready: LabSession, clock: Clock, worker: Worker) -> None:
    services.end_session(session=ready, now=clock())
    worker.work()
    with pytest.raises(services.NotReady, match="ended"):
        services.request_grading(session=ready, trigger=ASKED, now=clock())


def test_a_grading_that_a_reset_overtook_leaves_no_trace(ready: LabSession, clock: Clock, worker: Worker) -> None:
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    services.reset_session(session=ready, now=clock())
    worker.work()
    assert not Grading.objects.exists()
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    assert [state.outcome for state in task_states(ready)] == [None, None]


def test_a_grading_waits_for_a_sandbox_host_that_restarts(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    provider.away = True
    grading = services.request_grading(session=ready, trigger=ASKED, now=clock())
    for _ in range(10):
        worker.work()
        clock.go(2)
    grading.refresh_from_db()
    assert grading.state == Grading.State.QUEUED
    provider.away = False
    worker.work()
    grading.refresh_from_db()
    assert (grading.state, grading.score) == (Grading.State.DONE, 2)


def test_a_grading_that_fails_three_times_is_ours_and_no_zero(
    ready: LabSession, clock: Clock, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    LabSession.objects.filter(pk=ready.pk).update(score=3)
    monkeypatch.setattr("labs.services.gradings.grade_lab", lambda *_, **__: 1 / 0)
    grading = services.request_grading(session=ready, trigger=ASKED, now=clock())
    for _ in range(4):
        worker.work()
        clock.go(10)
    grading.refresh_from_db()
    assert (grading.state, grading.score) == (Grading.State.DEAD, None)
    job = Job.objects.get(kind="grade")
    assert (job.state, job.attempts) == (Job.State.DEAD, 3)
    assert "ZeroDivisionError" in job.error
    ready.refresh_from_db()
    assert ready.score == 3


def test_the_results_of_a_worker_that_lost_its_lease_are_not_written(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    grading = services.request_grading(session=ready, trigger=ASKED, now=clock())
    job = Job.objects.get(kind="grade").pk
    zombie = jobs.claim(job, now=clock())
    assert zombie is not None
    clock.go(25)
    services.sweep(now=clock())
    worker.work()
    done = Grading.objects.get()
    assert done.state == Grading.State.DONE
    with pytest.raises(jobs.LeaseLost):
        services.grade(grading_id=grading.pk, lease=zombie)
    assert Grading.objects.get().finished_at == done.finished_at
    assert TaskResult.objects.count() == 2


def test_a_burst_of_calls_is_judged_once(ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close) -> None:
    close_bucket(ready, "first")
    for seq in range(1, 11):
        call(ready, seq, clock)
        clock.go(0.02)
    assert worker.work("live") == 1
    grading = Grading.objects.get()
    assert (grading.trigger, grading.journal_seq, grading.score) == (LIVE, 10, 2)


def test_a_call_that_comes_while_it_is_judged_leads_to_one_more_judgement(ready: LabSession, clock: Clock) -> None:
    call(ready, 1, clock)
    lease = jobs.claim(Job.objects.get(kind="live").pk, now=clock())
    assert lease is not None
    call(ready, 2, clock)
    with jobs.finish(lease, now=clock(), rest=timedelta(seconds=1)):
        pass
    again = Job.objects.get(kind="live")
    assert (again.state, again.not_before) == (Job.State.READY, clock() + timedelta(seconds=1))


def test_a_call_that_only_reads_is_not_judged(ready: LabSession, clock: Clock) -> None:
    call(ready, 1, clock, mutating=False)
    assert not Job.objects.filter(kind="live").exists()


def test_results_are_stale_once_something_was_changed(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    close_bucket(ready, "first")
    services.request_grading(session=ready, trigger=ASKED, now=clock())
    worker.work()
    call(ready, 1, clock, mutating=False)
    assert [state.stale for state in task_states(ready)] == [False, False]
    call(ready, 2, clock)
    assert [state.stale for state in task_states(ready)] == [True, True]
