"""Skips, new beginnings, the ladder of hints: what they do to tasks and points, and when they are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graders import Outcome
from labs import present, services
from labs.models import Grading, LabSession, TaskSkip
from labs.sandboxes import Unavailable
from labs.selectors import lab_of, task_states
from labs.services import skips
from labs.services.histories import moments
from tests.labs.doubles import Clock, PaperRunner, Worker

pytestmark = pytest.mark.django_db
Close = Callable[..., None]
ASKED = Grading.Trigger.ASKED


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> PaperRunner:
    double = PaperRunner()
    monkeypatch.setattr(skips, "get_runner", lambda: double)
    return double


def judge(session: LabSession, clock: Clock, worker: Worker) -> list[Any]:
    services.request_grading(session=session, trigger=ASKED, now=clock.go(1))
    worker.work()
    session.refresh_from_db()
    return task_states(session)


def after(session: LabSession, task: str, of: str) -> None:
    """Have a task wait for another."""
    revision = session.lab_revision
    revision.source = revision.source.replace(f"{{#{task} ", f"{{#{task} after={of} ")
    revision.revision = "3" * 64
    revision.save()


def test_a_skipped_task_is_done_as_the_learner_and_gives_no_points(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, shell: PaperRunner
) -> None:
    services.skip_task(session=ready, task_id="first", now=clock())
    close_bucket(ready, "first")  # what the paper runner does not
    worker.work()
    assert "put-public-access-block" in shell.runs[0]
    skip = TaskSkip.objects.get()
    assert (skip.state, skip.problem) == (TaskSkip.State.DONE, "")
    close_bucket(ready, "second")
    states = judge(ready, clock, worker)
    assert (ready.score, ready.completed_at) == (3, None)
    cards = present.cards(lab_of(ready), states)
    assert [(card.outcome, card.icon, card.score) for card in cards] == [
        ("skip", "forward", 0),
        ("passed", "check-circle", 3),
    ]
    assert "Before skipping: Close the first" in [one.label for one in moments(ready)]
    with pytest.raises(services.NothingToSkip):
        services.skip_task(session=ready, task_id="first", now=clock())


def test_a_task_waits_for_one_that_is_neither_passed_nor_skipped(
    ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
) -> None:
    after(ready, "second", "first")
    close_bucket(ready, "first", undo=True)
    judge(ready, clock, worker)
    with pytest.raises(services.WrongOrder, match="Pass or skip that one first"):
        services.skip_task(session=ready, task_id="second", now=clock())
    services.skip_task(session=ready, task_id="first", now=clock())
    worker.work()
    close_bucket(ready, "second")
    # The first would not pass by what the paper runner did; it was skipped, so the second goes on all the same.
    assert [state.now for state in judge(ready, clock, worker)] == [Outcome.FAILED, Outcome.PASSED]
    assert ready.score == 3


def test_a_solution_that_does_not_run_leaves_nothing_behind(
    ready: LabSession, clock: Clock, worker: Worker, shell: PaperRunner, provider: Any
) -> None:
    shell.fails = 1
    services.skip_task(session=ready, task_id="first", now=clock())
    worker.work("skip")
    skip = TaskSkip.objects.get()
    assert skip.state == TaskSkip.State.FAILED
    assert "nothing was changed" in skip.problem and "BucketAlreadyExists" in skip.problem
    assert "go back" in [act for act, _ in provider.diary]
    services.skip_task(session=ready, task_id="first", now=clock.go(1))
    worker.work("skip")
    assert TaskSkip.objects.get().state == TaskSkip.State.DONE


def test_a_runner_that_is_away_is_our_fault_and_costs_nothing(
    ready: LabSession, clock: Clock, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable("no runner")

    monkeypatch.setattr(skips, "get_runner", away)
    services.skip_task(session=ready, task_id="first", now=clock())
    for _ in range(200):
        worker.work("skip")
        clock.go(1)
    assert "our fault" in TaskSkip.objects.get().problem
    assert task_states(ready)[0].score == 0


def test_two_clicks_are_one_skip(ready: LabSession, clock: Clock) -> None:
    one = services.skip_task(session=ready, task_id="first", now=clock())
    assert services.skip_task(session=ready, task_id="first", now=clock()) == one


@pytest.mark.parametrize("act", ["skip", "reset", "restart", "pause"])
def test_none_of_it_is_for_exams(ready: LabSession, clock: Clock, act: str) -> None:
    ready.exam = True
    acts: dict[str, Callable[[], Any]] = {
        "skip": lambda: services.skip_task(session=ready, task_id="first", now=clock()),
        "reset": lambda: services.reset_task(session=ready, task_id="first", now=clock()),
        "restart": lambda: services.restart_session(session=ready, now=clock()),
        "pause": lambda: services.pause_session(session=ready, now=clock()),
    }
    with pytest.raises(services.InExam):
        acts[act]()


class TestRestarts:
    def test_a_task_is_begun_anew_from_where_the_one_before_was_passed(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        close_bucket(ready, "first")
        judge(ready, clock, worker)
        assert services.return_of(session=ready, task_id="first").after == ""
        to = services.return_of(session=ready, task_id="second")
        assert to.moment and (to.after, to.moment.label) == ("Close the first", "Task: Close the first")
        close_bucket(ready, "second")
        assert [state.outcome for state in judge(ready, clock, worker)] == [Outcome.PASSED, Outcome.PASSED]
        services.reset_task(session=ready, task_id="second", now=clock.go(1))
        close_bucket(ready, "second", undo=True)  # what going back does in a real sandbox
        states = judge(ready, clock, worker)
        assert [state.outcome for state in states] == [Outcome.PASSED, Outcome.FAILED]
        assert (ready.score, states[1].score) == (5, 3)  # points stay

    def test_a_fresh_sandbox_opens_all_tasks_and_can_be_taken_back(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close, provider: Any
    ) -> None:
        close_bucket(ready, "first")
        judge(ready, clock, worker)
        services.restart_session(session=ready, now=clock.go(1))
        assert (ready.is_ready, ready.resets, ready.sandbox.epoch) == (True, 1, 1)
        close_bucket(ready, "first", undo=True)
        assert judge(ready, clock, worker)[0].outcome == Outcome.FAILED
        services.bring_back(session=ready, moment=ready.way_back["moment"], now=clock.go(5))
        close_bucket(ready, "first")
        assert judge(ready, clock, worker)[0].outcome == Outcome.PASSED
        assert [act for act, _ in provider.diary].count("go back") == 2
        with pytest.raises(services.NoWayBack):
            services.bring_back(session=ready, moment=1, now=clock())

    def test_what_is_too_long_ago_is_not_brought_back(self, ready: LabSession, clock: Clock) -> None:
        services.restart_session(session=ready, now=clock())
        with pytest.raises(services.NoWayBack):
            services.bring_back(session=ready, moment=ready.way_back["moment"], now=clock.go(minutes=6))

    def test_where_no_start_was_kept_the_sandbox_is_built_again(
        self, ready: LabSession, clock: Clock, worker: Worker
    ) -> None:
        ready.sandbox.snapshots.all().delete()
        services.restart_session(session=ready, now=clock())
        worker.work()
        ready.refresh_from_db()
        assert (ready.is_ready, ready.sandbox.epoch) == (True, 2)


class TestLadder:
    def test_the_last_step_is_the_solution_and_costs_only_what_the_lab_says(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        for _ in range(2):
            services.reveal_hint(session=ready, task_id="first", now=clock())
        assert task_states(ready)[0].solution == ()
        services.reveal_hint(session=ready, task_id="first", now=clock())
        state = task_states(ready)[0]
        assert "put-public-access-block" in state.solution[0]
        assert (state.hints_left, len(state.hints_shown)) == (0, 2)
        close_bucket(ready, "first")
        judge(ready, clock, worker)
        assert ready.score == 2

    def test_a_hint_that_costs_takes_its_points_from_the_task(
        self, ready: LabSession, clock: Clock, worker: Worker, close_bucket: Close
    ) -> None:
        revision = ready.lab_revision
        revision.source = revision.source.replace("~~~hint\nThere", "~~~hint cost=0.5\nThere")
        revision.revision = "4" * 64
        revision.save()
        assert task_states(ready)[0].next_cost == 0.5
        services.reveal_hint(session=ready, task_id="first", now=clock())
        close_bucket(ready, "first")
        assert judge(ready, clock, worker)[0].score == 1.5
        assert ready.score == 1.5
