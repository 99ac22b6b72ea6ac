"""A frozen sandbox: kept as it is, for graders to look at; through the real host, with boto3."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labs.gateway.rooms import FRESH_SECONDS
from labs.sandboxes import Ref, keys
from labs.sandboxes.emulated.provider import EmulatedProvider
from tests.labs.conftest import SandboxHost, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture
def provider(sandbox_host: SandboxHost) -> EmulatedProvider:
    url = sandbox_host.base_url
    return EmulatedProvider(control=sandbox_host.control_path, master=sandbox_host.master, endpoint=url)


@pytest.fixture
def ref(sandbox_host: SandboxHost, provider: EmulatedProvider) -> Ref:
    made = sandbox_host.make_sandbox()
    provider.start(made)
    sandbox_host.client(made, "s3").create_bucket(Bucket="kept")
    return made


def become(host: SandboxHost, ref: Ref, state: str) -> None:
    host.sql("UPDATE labs_sandbox SET state = ? WHERE number = ?", state, ref.number)
    time.sleep(FRESH_SECONDS + 0.1)  # so long a row is believed


def answer(host: SandboxHost, ref: Ref, service: str, operation: str, **options: Any) -> tuple[int, str, str]:
    try:
        said = getattr(host.client(ref, service, **options), operation)()
    except ClientError as refused:
        said = refused.response
        return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"], said["Error"]["Message"]
    return said["ResponseMetadata"]["HTTPStatusCode"], "", ""


def test_a_learner_is_refused_in_each_protocol_and_leaves_no_row(sandbox_host: SandboxHost, ref: Ref) -> None:
    rows = len(sandbox_host.journal(ref))
    become(sandbox_host, ref, "frozen")
    asked = [("s3", "list_buckets"), ("ec2", "describe_vpcs"), ("iam", "list_users"), ("dynamodb", "list_tables")]
    for service, operation in asked:
        status, code, message = answer(sandbox_host, ref, service, operation)
        assert (status, code.removesuffix("Exception")) == (403, "AccessDenied"), service
        assert message.startswith("This sandbox is frozen: ")
    assert len(sandbox_host.journal(ref)) == rows


def test_nor_without_a_signature_nor_as_a_start_block(sandbox_host: SandboxHost, ref: Ref) -> None:
    become(sandbox_host, ref, "frozen")
    assert answer(sandbox_host, ref, "s3", "list_buckets", serial=keys.START_SERIAL)[0] == 403
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{sandbox_host.base_url}/_sandbox/{ref.account_id}/kept/k", timeout=10)
    assert refused.value.code == 403
    assert b"This sandbox is frozen" in refused.value.read()


def test_graders_read_it_and_act_in_a_copy_of_it(
    sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
) -> None:
    become(sandbox_host, ref, "frozen")
    assert provider.is_running(ref)
    assert answer(sandbox_host, ref, "s3", "list_buckets", serial=keys.GRADER_SERIAL)[0] == 200
    copy = provider.fork(ref)
    sandbox_host.client(copy, "s3").create_bucket(Bucket="in-the-copy")
    provider.stop(copy)
    again = provider.replayed(ref)
    assert answer(sandbox_host, again, "s3", "list_buckets")[0] == 200
    provider.stop(again)


def test_a_wrong_secret_is_told_nothing_of_it(sandbox_host: SandboxHost, ref: Ref) -> None:
    become(sandbox_host, ref, "frozen")
    options = {"aws_secret_access_key": "x" * 40}
    assert answer(sandbox_host, ref, "s3", "list_buckets", **options)[1] == "SignatureDoesNotMatch"


def test_thawed_it_goes_on_where_it_was(sandbox_host: SandboxHost, ref: Ref) -> None:
    become(sandbox_host, ref, "frozen")
    assert answer(sandbox_host, ref, "s3", "list_buckets")[0] == 403
    become(sandbox_host, ref, "live")
    s3 = sandbox_host.client(ref, "s3")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["kept"]
    become(sandbox_host, ref, "ended")
    wait_until(lambda: answer(sandbox_host, ref, "s3", "list_buckets")[1] == "InvalidAccessKeyId")
