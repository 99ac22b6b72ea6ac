"""Whatever dies, no state is lost: the next call finds the sandbox as it was, with the same ids."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from labs.sandboxes import Ref, keys
from tests.labs.conftest import SandboxHost, new_host, wait_until

pytestmark = pytest.mark.stack


def cells(host: SandboxHost) -> list[int]:
    """Return the process ids of all cells."""
    zygote = host.control({"op": "report"})["report"]["zygote"]
    return [int(pid) for pid in Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()]


def kill_cells(host: SandboxHost, how: signal.Signals = signal.SIGKILL) -> None:
    for pid in cells(host):
        os.kill(pid, how)


def work(host: SandboxHost, ref: Ref) -> None:
    """Do what a learner does in a lab."""
    ec2, iam, s3 = (host.client(ref, name) for name in ("ec2", "iam", "s3"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group])
    iam.create_user(UserName="ann")
    iam.create_access_key(UserName="ann")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"x" * 1000)
    sqs = host.client(ref, "sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    with pytest.raises(ClientError):
        iam.create_user(UserName="ann")  # what failed is in the journal too
    host.client(ref, "kms").create_key()
    host.client(ref, "sns").create_topic(Name="t")


LOOKS: list[tuple[str, str, dict[str, Any]]] = [
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_subnets", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_instances", {}),
    ("ec2", "describe_network_interfaces", {}),
    ("iam", "list_users", {}),
    ("iam", "list_access_keys", {"UserName": "ann"}),
    ("s3", "list_buckets", {}),
    ("s3", "list_object_versions", {"Bucket": "kept"}),
    ("sqs", "list_queues", {}),
    ("kms", "list_keys", {}),
    ("sns", "list_topics", {}),
]


def state(host: SandboxHost, ref: Ref) -> dict[str, Any]:
    """Return all that one can see of the account, without what belongs to the answer itself."""
    seen = {}
    for service, operation, parameters in LOOKS:
        said = getattr(host.client(ref, service), operation)(**parameters)
        del said["ResponseMetadata"]
        seen[f"{service}.{operation}"] = said
    return seen


@pytest.fixture
def worked(sandbox_host: SandboxHost) -> Ref:
    """A sandbox in which somebody has worked."""
    ref = sandbox_host.make_sandbox()
    work(sandbox_host, ref)
    return ref


def test_a_killed_cell_comes_back_with_the_same_ids(sandbox_host: SandboxHost, worked: Ref) -> None:
    before = state(sandbox_host, worked)
    kill_cells(sandbox_host)
    assert state(sandbox_host, worked) == before
    made = sandbox_host.client(worked, "ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert made not in str(before)  # it went on with new numbers, not from the beginning
    seqs = [row["seq"] for row in sandbox_host.journal(worked)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_killed_zygote_costs_the_next_call_only_time(sandbox_host: SandboxHost, worked: Ref) -> None:
    before = state(sandbox_host, worked)
    os.kill(sandbox_host.control({"op": "report"})["report"]["zygote"], signal.SIGKILL)
    assert state(sandbox_host, worked) == before


def test_calls_that_meet_a_dead_cell_share_one_restore(sandbox_host: SandboxHost, worked: Ref) -> None:
    assert sandbox_host.process is not None
    line = f"sandbox {worked.number} was made again"
    kill_cells(sandbox_host)
    client = sandbox_host.client(worked, "ec2")
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: len(client.describe_vpcs()["Vpcs"]), range(6)))
    assert set(found) == {2}
    assert sandbox_host.process.log.read_text().count(line) == 1


def test_a_frozen_cell_is_stopped_and_the_call_left_out(sandbox_host: SandboxHost, worked: Ref) -> None:
    before = state(sandbox_host, worked)
    kill_cells(sandbox_host, signal.SIGSTOP)
    with pytest.raises(ClientError) as caught:
        sandbox_host.client(worked, "s3").create_bucket(Bucket="never-made")
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert "this call was not made" in caught.value.response["Error"]["Message"]
    kill_cells(sandbox_host, signal.SIGCONT)
    assert state(sandbox_host, worked) == before
    row = next(row for row in sandbox_host.journal(worked) if row["error_code"] == "InternalFailure")
    assert (row["status"], row["mutating"], row["request"]) == (500, 0, None)


def test_nothing_is_done_that_could_not_be_written_down(sandbox_host: SandboxHost, worked: Ref) -> None:
    before = state(sandbox_host, worked)
    sandbox_host.sql(
        f"CREATE TRIGGER full BEFORE INSERT ON labs_apicall WHEN NEW.sandbox_id = {worked.number} "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    try:
        with pytest.raises(ClientError) as caught:
            sandbox_host.client(worked, "s3").create_bucket(Bucket="unwritten")
        answer = caught.value.response
        neighbour = sandbox_host.make_sandbox()
        sandbox_host.client(neighbour, "s3").create_bucket(Bucket="written")
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceUnavailable", 503)
    finally:
        sandbox_host.sql("DROP TRIGGER full")
    assert state(sandbox_host, worked) == before


def test_a_killed_host_finds_everything_again_and_a_stopped_one_has_written_all() -> None:
    host = new_host()
    try:
        host.start()
        ref = host.make_sandbox()
        work(host, ref)
        before = state(host, ref)
        assert host.process is not None
        host.process.process.kill()
        host.process.process.wait()
        host.start()
        assert state(host, ref) == before
        host.client(ref, "sts").get_caller_identity()
        host.stop()  # before the read's row was due
        assert host.journal(ref)[-1]["action"] == "GetCallerIdentity"
    finally:
        host.remove()


def asked(host: SandboxHost, op: str, ref: Ref) -> dict[str, Any]:
    return host.control({"op": op, "ref": asdict(ref)})


def test_the_control_socket_starts_and_stops(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    assert (sandbox_host.control_path.stat().st_mode & 0o777) == 0o600
    open_cells = len(cells(sandbox_host))
    assert asked(sandbox_host, "start", ref) == {"ok": True}
    assert asked(sandbox_host, "start", ref) == {"ok": True}
    assert len(cells(sandbox_host)) == open_cells + 1
    assert asked(sandbox_host, "status", ref) == {"ok": True, "running": True}
    assert asked(sandbox_host, "stop", ref) == {"ok": True}
    assert asked(sandbox_host, "stop", ref) == {"ok": True}
    assert asked(sandbox_host, "status", ref) == {"ok": True, "running": False}
    wait_until(lambda: len(cells(sandbox_host)) == open_cells)
    with pytest.raises(ClientError) as caught:
        sandbox_host.client(ref, "sts").get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    for line in ({"op": "dance", "ref": asdict(ref)}, {"op": "start"}, {"op": "start", "ref": {"number": 1}}, []):
        assert "error" in sandbox_host.control(line)  # type: ignore[arg-type]
    assert "no live sandbox" in asked(sandbox_host, "start", Ref(900_001, 1, "1" * 12, "us-east-1"))["error"]


def test_a_reset_begins_an_empty_life_with_the_same_key(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    s3 = sandbox_host.client(ref, "s3")
    s3.create_bucket(Bucket="old")
    assert asked(sandbox_host, "stop", ref) == {"ok": True}
    fresh = sandbox_host.epoch(ref)
    assert asked(sandbox_host, "start", fresh) == {"ok": True}
    assert s3.list_buckets()["Buckets"] == []
    assert [row["seq"] for row in sandbox_host.journal(fresh)] == [1]
    assert [row["action"] for row in sandbox_host.journal(ref)] == ["CreateBucket"]  # the evidence stays
    assert asked(sandbox_host, "start", ref)["error"].endswith("is in epoch 2, not 1")


def test_an_ended_sandbox_is_nobodys(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    sts = sandbox_host.client(ref, "sts")
    sts.get_caller_identity()
    sandbox_host.end(ref)

    def refused() -> bool:
        try:
            sts.get_caller_identity()
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "InvalidClientTokenId")
        return False

    wait_until(refused)


def test_the_journal_tells_learner_start_and_grader_apart(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    for serial, name in ((keys.START_SERIAL, "by-start"), (keys.LEARNER_SERIAL, "by-learner")):
        sandbox_host.client(ref, "s3", serial=serial).create_bucket(Bucket=name)
    grader = sandbox_host.client(ref, "s3", serial=keys.GRADER_SERIAL)
    assert len(grader.list_buckets()["Buckets"]) == 2
    rows = sandbox_host.journal(ref)
    assert [row["source"] for row in rows] == ["start", "learner"]
    assert {row["principal"] for row in rows} == {f"arn:aws:iam::{ref.account_id}:user/learner"}
    for serial in (3, 15):
        with pytest.raises(ClientError):
            sandbox_host.client(ref, "s3", serial=serial).list_buckets()


def test_a_learner_cannot_make_the_graders_key(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    secret = keys.sandbox_secret(sandbox_host.master, ref.number)  # all that a broken cell could give away
    for serial in (keys.GRADER_SERIAL, keys.START_SERIAL):
        key = keys.mint_access_key(ref.number, serial)
        forged = {"aws_access_key_id": key, "aws_secret_access_key": keys.secret_for(secret, key)}
        with pytest.raises(ClientError) as caught:
            sandbox_host.client(ref, "sts", **forged).get_caller_identity()
        assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_calls_of_one_sandbox_go_one_after_the_other(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    client = sandbox_host.client(ref, "iam", config=Config(max_pool_connections=8))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: client.create_user(UserName=f"u{each}"), range(24)))
    rows = sandbox_host.journal(ref)
    assert [row["seq"] for row in rows] == list(range(1, 25))
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


@pytest.fixture
def crowd() -> Iterator[Callable[[Callable[[], None], int], None]]:
    """Run something in many threads at once."""

    def run(what: Callable[[], None], count: int) -> None:
        threads = [threading.Thread(target=what) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

    yield run


def test_too_many_calls_are_slowed_down(sandbox_host: SandboxHost, crowd: Any) -> None:
    ref = sandbox_host.make_sandbox()
    kms = sandbox_host.client(ref, "kms", config=Config(max_pool_connections=30))
    codes: list[str] = []

    def call() -> None:
        try:
            kms.list_keys()
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    crowd(call, 30)  # more than may wait
    assert set(codes) <= {"ThrottlingException"}

    def many() -> None:
        for _ in range(100):
            if not codes:
                call()

    crowd(many, 6)
    assert set(codes) == {"ThrottlingException"}
    other = sandbox_host.make_sandbox()
    assert sandbox_host.client(other, "kms").list_keys()["Keys"] == []  # the neighbour notices nothing
    grader = sandbox_host.client(ref, "kms", serial=keys.GRADER_SERIAL)
    for _ in range(20):
        grader.list_keys()
