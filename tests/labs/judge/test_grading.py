"""A lab with words of its author's, graded in a real sandbox by the judge that this process starts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from graders import BotoAccount, Outcome
from labs.content import Lab, bind, load_lab
from labs.sandboxes import keys
from labs.scoring import grade_lab
from tests.labs.conftest import SandboxHost

pytestmark = pytest.mark.stack
BUCKET = "own-teal-1f2e"


@pytest.fixture
def lab() -> Lab:
    read = load_lab(Path(__file__).parent / "catalog" / "own-check")
    return bind(read, {"bucket": BUCKET, "account_id": "1", "region": "us-east-1"})


def test_an_own_check_and_an_expect_are_judged_in_a_real_sandbox(
    lab: Lab, sandbox_host: SandboxHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    ref = sandbox_host.make_sandbox()
    s3 = sandbox_host.client(ref, "s3")

    def grade() -> list[Any]:
        credentials = sandbox_host.credentials(ref, keys.GRADER_SERIAL)
        account = BotoAccount(
            account_id=ref.account_id,
            region=ref.region,
            endpoint_url=credentials.endpoint_url,
            access_key_id=credentials.access_key_id,
            secret_access_key=credentials.secret_access_key,
        )
        (task,) = grade_lab(lab, account)
        return [(result.outcome, result.found) for result in task.results]

    assert [outcome for outcome, _ in grade()] == [Outcome.FAILED, Outcome.FAILED]
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Name", "Value": "other"}]})
    assert grade() == [
        (Outcome.FAILED, f"The tag Name of {BUCKET} is other."),
        (Outcome.FAILED, "Status is not set."),
    ]
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Name", "Value": BUCKET}]})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert grade() == [(Outcome.PASSED, ""), (Outcome.PASSED, "")]
    assert caplog.messages == []
    assert {row["source"] for row in sandbox_host.journal(ref)} == {"learner"}  # the judge's calls are the grader's
