"""A lab in an exam with the real processes: built with its section, held at the end, judged from its journal, kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.papers import SLUG, write_course
from courses.models import Attempt, LabPlace
from courses.services import attempts, clock, lab_places
from labs import providers
from labs.models import ApiCall, LabSession, Sandbox
from labs.selectors import credentials_for
from tests.stack.conftest import Stack, until

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def s3_of(session: LabSession) -> Any:
    keys = credentials_for(session)
    return boto3.client(
        "s3", endpoint_url=keys.endpoint_url, region_name=keys.region, aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key, config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip


def close_bucket(session: LabSession, name: str) -> None:
    s3_of(session).put_public_access_block(
        Bucket=session.parameters[name], PublicAccessBlockConfiguration=dict.fromkeys(SWITCHES, True)
    )


def place() -> LabPlace:
    return LabPlace.objects.select_related("session__sandbox", "session__lab_revision", "attempt").get()


def test_a_lab_is_judged_as_it_stood_and_can_be_judged_again(
    stack: Stack, bob: Any, settings: Any, tmp_path: Path
) -> None:
    write_course(tmp_path, sections=((4, 0),), labs=("two-buckets",))
    settings.COURSE_CATALOG = tmp_path
    attempt = attempts.start(user=bob, slug=SLUG, now=clock.now())
    epoch = attempts.take_pen(attempt=attempt, tab="t", now=clock.now()).pen_epoch
    attempts.leave_section(attempt=attempt, tab="t", epoch=epoch, section=0, now=clock.now())
    stack.start_worker()
    session = until(lambda: LabSession.objects.filter(exam=True, state=LabSession.State.READY).first())
    close_bucket(session, "first")
    attempts.submit(attempt=attempt, tab="t", epoch=epoch, now=clock.now())
    until(lambda: place().state == LabPlace.State.GRADED, seconds=60)
    with pytest.raises((ClientError, BotoCoreError)):
        close_bucket(session, "second")
    row = place()
    assert [(one["id"], one["outcome"], one["score"]) for one in row.results] == [
        ("first", "passed", 2.0),
        ("second", "failed", 0.0),
    ]
    assert row.journal_seq == ApiCall.objects.filter(sandbox=session.sandbox_id).count()
    assert row.snapshot_id
    until(lambda: Attempt.objects.get().scores.exists())
    until(lambda: Sandbox.objects.get().state == Sandbox.State.ENDED)
    assert not Attempt.objects.get().deadline_at < attempt.deadline_at
    # Years later: the sandbox has ended, and its journal is there.
    providers.get_provider.cache_clear()
    assert lab_places.grade_again(row=place(), now=clock.now() + timedelta(days=900))
    assert Sandbox.objects.get().state == Sandbox.State.ENDED
    # What the journal says is what counts: with the learner's calls left out, the task is not done.
    earlier = ApiCall.objects.filter(sandbox=session.sandbox_id, source="start").order_by("-seq").first()
    assert earlier
    LabPlace.objects.update(journal_seq=earlier.seq)
    assert not lab_places.grade_again(row=place(), now=clock.now())
