from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from labs import bell, jobs
from labs.models import Job
from labs.sandboxes import Unavailable
from labs.services.sweeping import EVERY
from tests.labs.doubles import Clock
from tests.together import together

pytestmark = pytest.mark.django_db
Register = Callable[..., None]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Register a handler of the kind "work" for this test."""

    def register(run: Callable[[jobs.Lease], None], *, dead: Any = None) -> None:
        monkeypatch.setitem(jobs._handlers, "work", jobs.Handler(run, dead))

    return register


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What would be told to the broker, kept here."""
    said: list[Any] = []
    monkeypatch.setattr(jobs.bell, "tell", said.append)
    yield said


def enqueue(clock: Clock, key: str = "one", **more: Any) -> Job:
    jobs.enqueue(kind="work", key=key, payload={"key": key}, now=clock(), **more)
    return Job.objects.get(key=key)


def done(lease: jobs.Lease) -> None:
    with jobs.finish(lease, now=lease.now()):
        pass


def test_a_job_is_done_once_and_never_again(clock: Clock, handle: Register) -> None:
    seen = []
    handle(lambda lease: (seen.append(lease.payload), done(lease)))
    job = enqueue(clock)
    assert jobs.run(job.pk, clock=clock) is True
    assert jobs.run(job.pk, clock=clock) is False
    assert seen == [{"key": "one"}]
    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at) == (Job.State.DONE, 1, clock())


def test_the_same_key_twice_is_one_row(clock: Clock) -> None:
    assert enqueue(clock) == enqueue(clock)


def test_a_job_is_not_done_before_its_time(clock: Clock, handle: Register) -> None:
    handle(done)
    job = enqueue(clock, delay=timedelta(seconds=5))
    assert jobs.run(job.pk, clock=clock) is False
    clock.go(5)
    assert jobs.run(job.pk, clock=clock) is True


def test_a_job_of_a_transaction_that_fails_was_never_there(
    clock: Clock, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue(clock)
        1 / 0  # noqa: B018
    assert not Job.objects.exists()
    assert rung == []


def test_the_bell_rings_on_commit(clock: Clock, rung: list[Any], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(clock)
        assert rung == []
    assert len(rung) == 1


def test_a_job_that_is_asked_for_while_it_runs_is_run_once_more(clock: Clock, handle: Register) -> None:
    seen = []

    def run(lease: jobs.Lease) -> None:
        seen.append(lease.attempt)
        if len(seen) == 1:
            enqueue(clock)
        done(lease)

    handle(run)
    job = enqueue(clock)
    jobs.run(job.pk, clock=clock)
    job.refresh_from_db()
    assert job.state == Job.State.READY
    jobs.run(job.pk, clock=clock)
    job.refresh_from_db()
    assert (seen, job.state) == ([1, 1], Job.State.DONE)


def test_a_failure_is_tried_again_later_and_given_up_the_third_time(clock: Clock, handle: Register) -> None:
    told = []

    def run(lease: jobs.Lease) -> None:
        raise ValueError("no such thing")

    handle(run, dead=lambda payload, now: told.append((payload, now)))
    job = enqueue(clock)
    waits = []
    for _ in range(2):
        jobs.run(job.pk, clock=clock)
        job.refresh_from_db()
        assert job.state == Job.State.READY
        waits.append((job.not_before - clock()).total_seconds())
        assert jobs.run(job.pk, clock=clock) is False
        clock.at = job.not_before
    jobs.run(job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.attempts, waits) == (Job.State.DEAD, 3, [1, 4])
    assert job.error == "ValueError: no such thing"
    assert told == [({"key": "one"}, clock())]


def test_a_job_that_was_given_up_begins_anew_when_it_is_asked_for(clock: Clock, handle: Register) -> None:
    handle(lambda lease: 1 / 0)
    job = enqueue(clock)
    for _ in range(3):
        jobs.run(job.pk, clock=clock)
        clock.go(10)
    handle(done)
    enqueue(clock)
    jobs.run(job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 1)


def test_what_is_not_there_yet_is_no_failed_attempt(clock: Clock, handle: Register) -> None:
    def run(lease: jobs.Lease) -> None:
        raise Unavailable("warming up")

    handle(run)
    job = enqueue(clock)
    for _ in range(30):
        jobs.run(job.pk, clock=clock)
        clock.go(2)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.READY, 0)
    for _ in range(60):
        jobs.run(job.pk, clock=clock)
        clock.go(2)
    job.refresh_from_db()
    assert job.state == Job.State.DEAD


def test_a_lease_that_ran_out_is_given_to_another_and_the_first_may_not_write(clock: Clock, handle: Register) -> None:
    handle(done)
    job = enqueue(clock)
    first = jobs.claim(job.pk, now=clock())
    assert first is not None
    assert jobs.claim(job.pk, now=clock()) is None
    clock.go(19)
    assert jobs.sweep(now=clock()).expired == 0
    clock.go(2)
    assert jobs.sweep(now=clock()).expired == 1
    second = jobs.claim(job.pk, now=clock())
    assert second is not None
    with pytest.raises(jobs.LeaseLost), jobs.finish(first, now=clock()):
        Job.objects.filter(pk=job.pk).update(error="written by a zombie")
    with jobs.finish(second, now=clock()):
        pass
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")


def test_a_lost_worker_is_noticed_within_half_a_minute() -> None:
    assert timedelta(seconds=2 * jobs.HEARTBEAT) < jobs.LEASE
    assert jobs.LEASE + EVERY + timedelta(seconds=5) < timedelta(seconds=30)


def test_a_worker_that_is_lost_each_time_is_tried_three_times(clock: Clock, handle: Register) -> None:
    told = []
    handle(done, dead=lambda payload, now: told.append(payload))
    job = enqueue(clock)
    for _ in range(3):
        assert jobs.claim(job.pk, now=clock()) is not None
        clock.go(21)
        jobs.sweep(now=clock())
    job.refresh_from_db()
    assert (job.state, told) == (Job.State.DEAD, [{"key": "one"}])


def test_what_the_body_of_finish_writes_goes_with_the_job(clock: Clock) -> None:
    job = enqueue(clock)
    lease = jobs.claim(job.pk, now=clock())
    assert lease is not None
    with pytest.raises(ZeroDivisionError), jobs.finish(lease, now=clock()):
        enqueue(clock, key="two")
        1 / 0  # noqa: B018
    job.refresh_from_db()
    assert job.state == Job.State.LEASED
    assert not Job.objects.filter(key="two").exists()


def test_the_heartbeat_keeps_a_long_job(
    transactional_db: None, handle: Register, monkeypatch: pytest.MonkeyPatch, rung: list[Any]
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.01)
    clock = Clock()
    moved = threading.Event()

    def run(lease: jobs.Lease) -> None:
        before = Job.objects.get().lease_until
        clock.go(15)
        for _ in range(500):
            if Job.objects.get().lease_until > before:
                moved.set()
                break
        done(lease)

    handle(run)
    jobs.run(enqueue(clock).pk, clock=clock)
    assert moved.is_set()
    assert Job.objects.get().state == Job.State.DONE


def test_of_many_who_claim_at_the_same_time_one_gets_it(transactional_db: None, rung: list[Any]) -> None:
    clock = Clock()
    job = enqueue(clock)
    got = together(*[lambda: jobs.claim(job.pk, now=clock())] * 8)
    assert not [one for one in got if isinstance(one, Exception)]
    assert len(got) == 8
    assert sum(lease is not None for lease in got) == 1


def test_lost_bells_are_rung_again_a_few_at_a_time(
    clock: Clock, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    for number in range(60):
        enqueue(clock, key=str(number))
    assert jobs.sweep(now=clock()).rung == 0
    clock.go(4)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.sweep(now=clock()).rung == 50
    assert len(rung) == 50


def test_jobs_that_are_done_are_forgotten_after_a_day_and_those_given_up_are_not(
    clock: Clock, handle: Register
) -> None:
    handle(done)
    jobs.run(enqueue(clock).pk, clock=clock)
    handle(lambda lease: 1 / 0)
    enqueue(clock, key="two")
    for _ in range(3):
        jobs.run(Job.objects.get(key="two").pk, clock=clock)
        clock.go(10)
    clock.go(days=2)
    jobs.sweep(now=clock())
    assert [job.key for job in Job.objects.all()] == ["two"]


def test_of_two_schedulers_one_has_the_turn(clock: Clock) -> None:
    every = timedelta(seconds=2)
    assert jobs.take_turn("sweep", every=every, now=clock()) is True
    assert jobs.take_turn("sweep", every=every, now=clock()) is False
    clock.go(2)
    assert jobs.take_turn("sweep", every=every, now=clock()) is True
    assert jobs.take_turn("sweep", every=every, now=clock()) is False
    jobs.sweep(now=clock.go(days=3))
    assert jobs.take_turn("sweep", every=every, now=clock()) is True


def test_a_bell_whose_broker_is_gone_neither_waits_nor_raises_and_drops_what_it_has() -> None:
    mine, said, hold = bell.Bell(), [], threading.Event()

    def broken() -> None:
        hold.wait(5)
        raise ConnectionError("no broker")

    mine.tell(broken)
    for number in range(2000):
        mine.tell(lambda number=number: said.append(number))  # type: ignore[misc]
    hold.set()
    assert mine.flush(5)
    assert said == []
    mine.tell(lambda: said.append("again"))
    assert mine.flush(5)
    assert said == ["again"]
