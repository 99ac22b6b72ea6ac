"""What becomes of work when the processes that do it are killed: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from typing import Any

import boto3
import pytest
import redis
from django.conf import settings
from django.utils import timezone

from labs import bell, services
from labs.models import Grading, Job, LabSession, TaskResult
from labs.selectors import credentials_for
from tests.stack.conftest import Stack, until

SLUG = "two-buckets"
ASKED = Grading.Trigger.ASKED
pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]


def begin(user: Any) -> LabSession:
    return services.start_session(user=user, slug=SLUG, now=timezone.now())


def ready(user: Any) -> LabSession:
    session = begin(user)
    return until(lambda: LabSession.objects.filter(pk=session.pk, state=LabSession.State.READY).first())


def close_bucket(session: LabSession, name: str) -> None:
    keys = credentials_for(session)
    s3 = boto3.client(
        "s3", endpoint_url=keys.endpoint_url, region_name=keys.region, aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )  # fmt: skip
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=session.parameters[name], PublicAccessBlockConfiguration=dict.fromkeys(switches, True)
    )


def ask(session: LabSession) -> Grading:
    return services.request_grading(session=session, trigger=ASKED, now=timezone.now())


def done(grading: Grading, *, seconds: float = 30) -> Grading:
    return until(lambda: Grading.objects.filter(pk=grading.pk, state=Grading.State.DONE).first(), seconds=seconds)


def in_hand(grading: Grading) -> None:
    """Wait until a worker looks at the sandbox."""
    until(lambda: Grading.objects.filter(pk=grading.pk, journal_seq__isnull=False).exists(), seconds=20)


def test_a_lab_is_built_worked_judged_reset_and_ended_by_the_real_processes(stack: Stack, bob: Any) -> None:
    stack.start_worker()
    session = ready(bob)
    close_bucket(session, "first")
    live = until(lambda: Grading.objects.filter(state=Grading.State.DONE).first(), seconds=10)
    assert live.score == 2
    assert live.trigger == Grading.Trigger.LIVE
    assert (live.finished_at - session.sandbox.calls.latest("seq").at).total_seconds() < 5
    close_bucket(session, "second")
    assert done(ask(session)).score == 5
    session.refresh_from_db()
    assert session.completed_at
    services.reset_session(session=session, now=timezone.now())
    until(lambda: LabSession.objects.filter(pk=session.pk, state=LabSession.State.READY).exists())
    assert done(ask(session)).score == 0
    session.refresh_from_db()
    services.end_session(session=session, now=timezone.now())
    until(lambda: LabSession.objects.filter(pk=session.pk, state=LabSession.State.ENDED).exists())
    assert LabSession.objects.get().score == 5


def lose_the_lease() -> None:
    """Do what twenty seconds without a heartbeat do."""
    Job.objects.filter(kind="grade").update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_worker_that_is_killed_in_mid_grading_costs_no_grading(stack: Stack, bob: Any) -> None:
    worker = stack.start_worker()
    session = ready(bob)
    with stack.frozen_host():
        grading = ask(session)
        in_hand(grading)
        os.killpg(worker.process.pid, signal.SIGKILL)
    stack.start_worker()
    assert Grading.objects.get(pk=grading.pk).state == Grading.State.QUEUED
    lose_the_lease()
    done(grading)
    assert TaskResult.objects.filter(grading=grading).count() == 2
    assert Job.objects.get(kind="grade").attempts == 2


def test_a_frozen_worker_that_wakes_up_writes_nothing(stack: Stack, bob: Any) -> None:
    zombie = stack.start_worker()
    session = ready(bob)
    with stack.frozen_host():
        grading = ask(session)
        in_hand(grading)
        os.killpg(zombie.process.pid, signal.SIGSTOP)
    stack.start_worker()
    lose_the_lease()
    finished_at = done(grading).finished_at
    os.killpg(zombie.process.pid, signal.SIGCONT)
    until(lambda: b"the lease was lost" in zombie.log.read_bytes())
    assert Grading.objects.get(pk=grading.pk).finished_at == finished_at
    assert TaskResult.objects.filter(grading=grading).count() == 2


def test_jobs_that_were_queued_while_the_broker_was_gone_are_done_when_it_is_back(
    stack: Stack, bob: Any, eve: Any
) -> None:
    stack.kill_broker()
    begun = time.monotonic()
    sessions = [begin(bob), begin(eve)]
    assert time.monotonic() - begun < 1  # the broker's absence is not the learner's
    stack.restart_broker()
    stack.start_worker()
    until(lambda: LabSession.objects.filter(state=LabSession.State.READY).count() == len(sessions))


def test_a_broker_that_is_killed_under_a_running_worker_stops_nothing_for_long(stack: Stack, bob: Any) -> None:
    stack.start_worker()
    session = ready(bob)
    stack.kill_broker()
    grading = ask(session)
    bell.flush(10)
    stack.restart_broker()
    assert done(grading, seconds=30).score == 0


def test_a_broker_that_forgot_everything_loses_no_job(stack: Stack, bob: Any, eve: Any) -> None:
    begin(bob)
    begin(eve)
    assert bell.flush(5)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    assert broker.llen("celery") == 4  # of each start its job, and what it tells the outbox
    broker.flushall()
    broker.close()
    stack.start_worker()
    until(lambda: LabSession.objects.filter(state=LabSession.State.READY).count() == 2)
