"""What is written when: a change before its answer, a read soon after; in order, and none is lost at a stop."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bench.host import SandboxHost
from labs.sandboxes import Ref
from labs.sandboxes.emulated.provider import EmulatedProvider
from tests.labs.conftest import wait_until


def rows(host: SandboxHost, ref: Ref) -> list[dict[str, Any]]:
    """Return what is in the database at this moment, without asking the host to write."""
    return host.sql("SELECT * FROM labs_apicall WHERE sandbox_id = ? ORDER BY seq", ref.number)


@pytest.fixture
def ref(sandbox_host: SandboxHost) -> Ref:
    return sandbox_host.make_sandbox()


def test_a_change_is_written_when_it_is_answered_and_all_reads_before_it(sandbox_host: SandboxHost, ref: Ref) -> None:
    s3 = sandbox_host.client(ref, "s3")
    for number in range(5):
        s3.list_buckets()
        s3.create_bucket(Bucket=f"shelf-{number}")
        written = rows(sandbox_host, ref)
        assert [row["seq"] for row in written] == list(range(1, 2 * number + 3))
        assert written[-1]["action"] == "CreateBucket"
        assert written[-1]["request"]
    assert [row["mutating"] for row in rows(sandbox_host, ref)] == [0, 1] * 5


def test_a_read_is_written_soon(sandbox_host: SandboxHost, ref: Ref) -> None:
    sandbox_host.client(ref, "sts").get_caller_identity()
    wait_until(lambda: [row["action"] for row in rows(sandbox_host, ref)] == ["GetCallerIdentity"])


def test_a_refused_change_is_written_too(sandbox_host: SandboxHost, ref: Ref) -> None:
    with pytest.raises(ClientError):
        sandbox_host.client(ref, "s3").put_object(Bucket="nowhere", Key="k", Body=b"\0" * 20_000)
    (row,) = rows(sandbox_host, ref)
    assert (row["error_code"], row["status"]) == ("NoSuchBucket", 404)
    (body,) = sandbox_host.sql("SELECT length(data) AS size FROM labs_body WHERE sha256 = ?", row["body_id"])
    assert 0 < body["size"] < 1000


def test_who_has_a_copy_finds_the_reads_that_were_answered_before(sandbox_host: SandboxHost, ref: Ref) -> None:
    provider = EmulatedProvider(
        control=sandbox_host.control_path, master=sandbox_host.master, endpoint=sandbox_host.base_url
    )
    s3 = sandbox_host.client(ref, "s3")
    for _ in range(3):
        s3.list_buckets()
    copy = provider.fork(ref)
    try:
        assert len(rows(sandbox_host, ref)) == 3
    finally:
        provider.stop(copy)


def test_the_seconds_after_a_read_that_nobody_wrote_down_yet(sandbox_host: SandboxHost, ref: Ref) -> None:
    s3 = sandbox_host.client(ref, "s3")
    s3.list_buckets()
    EmulatedProvider(
        control=sandbox_host.control_path, master=sandbox_host.master, endpoint=sandbox_host.base_url
    ).hibernate(ref)
    s3.create_bucket(Bucket="shelf")  # takes the next place, whatever was written when the cell went
    assert [(row["seq"], row["action"]) for row in sandbox_host.journal(ref)] == [
        (1, "ListBuckets"),
        (2, "CreateBucket"),
    ]
