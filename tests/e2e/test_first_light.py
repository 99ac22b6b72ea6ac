"""The main job, whole: a learner reads, answers, works in a live sandbox with their own tools, and is graded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from skylab.stack import Stack
from tests.e2e.working import LAB, exports, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

AWS = Path(sys.executable).parent / "aws"


def aws(environment: dict[str, str], *arguments: str, fails: bool = False) -> Any:
    """Run the real AWS CLI as a person would, and return what it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [AWS, *arguments], env={**clean, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    if fails:
        assert done.returncode != 0, done.stdout
        return done.stderr
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout


def outcome(page: Page, task: str, wanted: str) -> None:
    """Wait until the page itself shows the task so; nobody reloads it."""
    page.wait_for_selector(f'#task-{task}[data-outcome="{wanted}"]:not(.stale)', timeout=15_000)


def test_a_learner_reads_answers_works_and_is_graded(site: Stack, page: Page) -> None:
    sign_in(page, site)

    # Read a lesson, and answer an item: wrongly first, then with a reason for every option.
    page.goto(f"{site.url}/courses/aws-foundations/s3-access/")
    assert page.locator("h1").count() == 1
    item = page.locator("section.item").first
    item.locator("button[type=submit]").click()
    page.wait_for_selector("section.item [role=alert]")
    assert "did not count as a try" in item.inner_text()
    item.locator("input[name=answer]").first.check()
    item.locator("button[type=submit]").click()
    page.wait_for_selector("section.item .item-result")
    assert item.locator(".rationale").count() >= 3
    assert "1 try" in item.inner_text()

    # Start the lab: the page changes by itself when the account is there.
    page.goto(f"{site.url}/labs/{LAB}/")
    page.click("text=Start the lab")
    page.wait_for_selector("#snippet-bash", state="attached", timeout=30_000)
    environment = exports(page)
    who = aws(environment, "sts", "get-caller-identity")
    assert who["Arn"].endswith(":user/learner")
    account = who["Account"]
    buckets = [each["Name"] for each in aws(environment, "s3api", "list-buckets")["Buckets"]]
    assert len(buckets) == 1
    bucket = buckets[0]
    assert bucket in page.locator("main").inner_text()

    # Do it wrong: the page says why, with an example, without being asked.
    wrong = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringLike": {"aws:Referer": "https://directory.acme.example/*"}},
            }
        ],
    }
    aws(environment, "s3api", "put-bucket-policy", "--bucket", bucket, "--policy", json.dumps(wrong))
    outcome(page, "strangers", "failed")
    page.locator("#task-strangers details").evaluate("details => details.open = true")
    said = page.locator("#task-strangers .check.failed").first.inner_text()
    assert "Looked at" in said and "Found" in said and "Try" in said
    assert "anyone" in said.lower() or "anonymous" in said.lower()

    # Do it right, with boto3 this time.
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    s3 = session.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"])
    s3.delete_bucket_policy(Bucket=bucket)
    outcome(page, "strangers", "passed")
    assert json.loads(json.dumps(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]))
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    outcome(page, "bolt", "passed")

    # The other tabs know what happened.
    page.click("#tab-log")
    page.wait_for_selector("#log >> text=PutPublicAccessBlock")
    assert "aws-cli" in page.locator("#log").inner_text()
    page.click("#tab-resources")
    page.wait_for_selector(f"#resources >> text={bucket}")
    page.click("#tab-connect")

    # A hint comes when it is asked for, and not before.
    assert "RestrictPublicBuckets=" not in page.content()
    page.locator("#task-reader details").evaluate("details => details.open = true")
    page.click("#hint-reader")
    page.wait_for_selector("#task-reader .hint")
    assert page.locator("#task-reader .hint").count() == 1

    # Check my work, by keyboard.
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#verdict")
    outcome(page, "reader", "failed")

    # Reset: the sandbox as it was, the same keys, the score kept.
    score = page.locator("#status .points").first.inner_text()
    page.click("[popovertarget=lab-menu]")
    page.click("[data-dialog=reset-dialog]")
    page.click("#reset-dialog button.danger")
    page.wait_for_selector("#snippet-bash", state="attached", timeout=30_000)
    assert exports(page) == environment
    policy = aws(environment, "s3api", "get-bucket-policy", "--bucket", bucket)["Policy"]
    assert "SoThatTheyFindIt" in policy
    assert aws(environment, "sts", "get-caller-identity")["Account"] == account
    assert re.findall(r"\d+", score)[0] == re.findall(r"\d+", page.locator("#status .points").first.inner_text())[0]

    # An end is an end: the keys are dead.
    page.click("[popovertarget=lab-menu]")
    page.click("[data-dialog=end-dialog]")
    page.click("#end-dialog button.danger")
    page.wait_for_load_state()
    assert "InvalidClientTokenId" in aws(environment, "sts", "get-caller-identity", fails=True)


def test_an_instructor_sees_who_did_what(site: Stack, page: Page) -> None:
    sign_in(page, site, "instructor")
    page.goto(f"{site.url}/classes/")
    page.locator("main a", has_text="Cloud practice").first.click()
    page.locator("#live-rows a", has_text="learner").first.click()
    page.wait_for_load_state()
    assert "PutBucketPolicy" in page.content()
