"""What a lab's author wrote is judged for a real worker, by the judge that it finds or starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from django.utils import timezone

from labs import services
from labs.models import Grading, LabSession
from labs.selectors import credentials_for
from tests.stack.conftest import Stack, until

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]


def test_an_own_check_and_an_expect_are_graded_by_a_worker(stack: Stack, bob: Any, settings: Any) -> None:
    settings.LAB_CATALOG = Path(__file__).parents[1] / "labs" / "judge" / "catalog"
    stack.start_worker()
    begun = services.start_session(user=bob, slug="own-check", now=timezone.now())
    session = until(lambda: LabSession.objects.filter(pk=begun.pk, state=LabSession.State.READY).first())
    keys, bucket = credentials_for(session), session.parameters["bucket"]
    s3 = boto3.client(
        "s3", endpoint_url=keys.endpoint_url, region_name=keys.region, aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )  # fmt: skip
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "Name", "Value": bucket}]})

    def judged() -> list[tuple[str, str, str]]:
        asked = services.request_grading(session=session, trigger=Grading.Trigger.ASKED, now=timezone.now())
        grading = until(lambda: Grading.objects.filter(pk=asked.pk, state=Grading.State.DONE).first(), seconds=30)
        return [(one["check"], one["outcome"], one["title"]) for one in grading.tasks.get().results]

    title = f"The bucket {bucket} carries its own name as the tag Name."
    assert judged() == [("lab.says_its_name", "passed", title), ("expect", "failed", "Versioning is on")]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert [outcome for _, outcome, _ in judged()] == ["passed", "passed"]
