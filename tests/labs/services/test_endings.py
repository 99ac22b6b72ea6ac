from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from labs import services
from labs.models import Grading, Job, LabSession, Sandbox
from tests.labs.doubles import Clock, MemoryProvider, Worker

SLUG = "two-buckets"
pytestmark = pytest.mark.django_db


def test_an_end_judges_once_more_and_lets_the_sandbox_go(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider, close_bucket: Callable[..., None]
) -> None:
    close_bucket(ready, "first")
    services.end_session(session=ready, now=clock())
    assert ready.state == LabSession.State.EXPIRING
    worker.work()
    ready.refresh_from_db()
    assert ready.state == LabSession.State.ENDED
    assert ready.score == 2
    assert ready.sandbox.state == Sandbox.State.ENDED
    assert provider.running == set()
    assert Grading.objects.get().trigger == Grading.Trigger.END


def test_an_end_twice_is_one_end(ready: LabSession, clock: Clock, worker: Worker) -> None:
    services.end_session(session=ready, now=clock())
    services.end_session(session=ready, now=clock())
    worker.work()
    ended_at = LabSession.objects.get().ended_at
    clock.go(60)
    services.end_session(session=ready, now=clock())
    worker.work()
    assert LabSession.objects.get().ended_at == ended_at
    assert Grading.objects.count() == 1


def test_a_session_that_is_being_built_ends_at_once_and_leaves_nothing_behind(
    bob: Any, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    services.end_session(session=session, now=clock())
    assert session.state == LabSession.State.ENDED
    worker.work()
    assert provider.running == set()
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_the_clock_ends_a_session_by_itself(ready: LabSession, clock: Clock, worker: Worker) -> None:
    clock.go(minutes=59)
    Sandbox.objects.update(last_call_at=clock())
    services.sweep(now=clock())
    assert LabSession.objects.get().is_ready
    clock.go(minutes=2)
    services.sweep(now=clock())
    worker.work()
    assert LabSession.objects.get().state == LabSession.State.ENDED


def test_a_session_that_nobody_calls_ends_and_one_that_is_used_does_not(
    ready: LabSession, clock: Clock, worker: Worker, settings: Any
) -> None:
    settings.LAB_IDLE_MINUTES = 30
    clock.go(minutes=20)
    services.note_call(sandbox_number=ready.sandbox_id, epoch=1, seq=1, now=clock(), mutating=False)
    clock.go(minutes=20)
    services.sweep(now=clock())
    assert LabSession.objects.get().is_ready
    clock.go(minutes=11)
    services.sweep(now=clock())
    worker.work()
    assert LabSession.objects.get().state == LabSession.State.ENDED


def test_a_last_judgement_that_cannot_be_made_ends_the_session_all_the_same_and_costs_nothing(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    LabSession.objects.filter(pk=ready.pk).update(score=2)
    services.end_session(session=ready, now=clock())
    provider.away = True
    for _ in range(120):
        worker.work("close")
        clock.go(2)
    ready.refresh_from_db()
    assert ready.state == LabSession.State.ENDED
    assert ready.score == 2
    assert Grading.objects.get().state == Grading.State.DEAD


def test_an_extension_keeps_the_sweep_away(ready: LabSession, clock: Clock) -> None:
    clock.go(minutes=58)
    Sandbox.objects.update(last_call_at=clock())
    services.extend_session(session=ready, now=clock())
    clock.go(minutes=20)
    services.sweep(now=clock())
    assert LabSession.objects.get().is_ready
    assert ready.seconds_left(clock()) == timedelta(minutes=12).total_seconds()
