"""A lab that is put aside: nothing is lost, the clock stands still, and it is no sandbox without an end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from labs import services
from labs.models import LabSession, Sandbox
from labs.services import pauses
from tests.labs.doubles import Clock, MemoryProvider, Worker
from tests.labs.services.conftest import SLUG

pytestmark = pytest.mark.django_db


def paused(session: LabSession, clock: Clock, worker: Worker) -> LabSession:
    services.pause_session(session=session, now=clock())
    worker.work()
    session.refresh_from_db()
    session.sandbox.refresh_from_db()
    return session


def test_a_pause_stops_the_clock_and_the_calls_and_a_resume_goes_on(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    clock.go(minutes=20)
    paused(ready, clock, worker)
    assert (ready.state, ready.sandbox.state) == (LabSession.State.PAUSED, Sandbox.State.FROZEN)
    assert provider.diary[-1][0] == "hibernate"
    assert ready.seconds_left(clock.go(hours=20)) == 40 * 60
    services.sweep(now=clock())
    services.resume_session(session=ready, now=clock())
    ready.refresh_from_db()
    ready.sandbox.refresh_from_db()
    assert (ready.state, ready.sandbox.state) == (LabSession.State.READY, Sandbox.State.LIVE)
    assert ready.seconds_left(clock()) == 40 * 60
    services.sweep(now=clock.go(1))
    ready.refresh_from_db()
    assert ready.is_ready  # not idle: it was just resumed


def test_nothing_is_done_in_a_paused_lab(ready: LabSession, clock: Clock, worker: Worker) -> None:
    paused(ready, clock, worker)
    acts = {
        "check": lambda: services.request_grading(session=ready, trigger="asked", now=clock()),
        "skip": lambda: services.skip_task(session=ready, task_id="first", now=clock()),
        "reset": lambda: services.reset_session(session=ready, now=clock()),
        "extend": lambda: services.extend_session(session=ready, now=clock()),
    }
    for act in acts.values():
        with pytest.raises((services.NotReady, services.Frozen)):
            act()


def test_a_pause_that_nobody_ends_ends_the_lab_and_keeps_its_points(
    ready: LabSession, clock: Clock, worker: Worker
) -> None:
    LabSession.objects.update(score=2)
    paused(ready, clock, worker)
    services.sweep(now=clock.go(days=3) - timedelta(minutes=1))
    ready.refresh_from_db()
    assert ready.state == LabSession.State.PAUSED
    services.sweep(now=clock())
    worker.work()
    ready.refresh_from_db()
    assert (ready.state, ready.score) == (LabSession.State.ENDED, 2)
    with pytest.raises(services.NotPaused):
        services.resume_session(session=ready, now=clock())


def test_it_is_kept_for_longer_as_often_as_one_looks_in_but_not_for_ever(
    ready: LabSession, clock: Clock, worker: Worker
) -> None:
    begun = clock()
    paused(ready, clock, worker)
    for _ in range(8):
        clock.go(days=2)
        services.keep_paused(session=ready, now=clock())
        ready.refresh_from_db()
    assert ready.paused_until == begun + pauses.TOGETHER
    LabSession.objects.update(state=LabSession.State.READY, expires_at=clock() + timedelta(hours=1))
    Sandbox.objects.update(state=Sandbox.State.LIVE)
    with pytest.raises(services.NoMorePauses):
        services.pause_session(session=ready, now=clock())


def test_what_is_paused_leaves_room_for_others_and_needs_room_to_go_on(
    ready: LabSession, clock: Clock, worker: Worker, settings: Any, bob: Any
) -> None:
    settings.LAB_MAX_OPEN_PER_USER = 1
    paused(ready, clock, worker)
    with pytest.raises(services.SessionAlreadyOpen):
        services.start_session(user=bob, slug=SLUG, now=clock())
    LabSession.objects.update(lab_slug="another")
    other = services.start_session(user=bob, slug=SLUG, now=clock())
    worker.work()
    with pytest.raises(services.TooManyOpen):
        services.resume_session(session=ready, now=clock())
    services.end_session(session=other, now=clock())
    worker.work()
    assert services.resume_session(session=ready, now=clock()).is_ready


def test_five_are_paused_at_most(ready: LabSession, clock: Clock) -> None:
    for number in range(pauses.MOST_PAUSED):
        sandbox = Sandbox.objects.create()
        LabSession.objects.create(
            user=ready.user, lab_slug=f"lab-{number}", lab_revision=ready.lab_revision, sandbox=sandbox, seed="1",
            state=LabSession.State.PAUSED, queued_at=clock(),
        )  # fmt: skip
    with pytest.raises(services.TooManyPaused):
        services.pause_session(session=ready, now=clock())


def test_a_host_that_is_away_does_not_keep_anybody_from_resuming(
    ready: LabSession, clock: Clock, worker: Worker, provider: MemoryProvider
) -> None:
    paused(ready, clock, worker)
    provider.away = True
    assert services.resume_session(session=ready, now=clock()).is_ready
