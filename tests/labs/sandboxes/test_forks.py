"""A cell's copy: what it shares with the cell it was forked from, what it does not, and how both of them end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes import Unavailable, account_id_for, keys
from labs.sandboxes.emulated import forks
from labs.sandboxes.emulated.fleet import CellGone, CellTimeout
from labs.sandboxes.emulated.forks import fork
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.tool import Tool, botocore_model, request_for

yard_module: Any = sys.modules["yard"]
NOON = 1_760_000_000.0


class Copied:
    """A copy of a box, with its learner's tool."""

    def __init__(self, box: Any, number: int = keys.FIRST_FORK + 7, *, seconds: float = 60) -> None:
        spec = replace(
            yard_module.spec_of(1), number=number, account_id=box.spec.account_id, created_at=box.spec.created_at
        )
        spec = replace(
            spec,
            secret=keys.sandbox_secret(yard_module.MASTER, number),
            grader_access_key=keys.mint_access_key(number, keys.GRADER_SERIAL),
        )
        self.box, self.yard, self.spec = box, box.yard, spec
        self.cell = box.yard.run(fork(box.cell, spec, at=NOON + 500, seconds=seconds))
        self.learner = Tool(self.send, keys.mint_access_key(number, keys.LEARNER_SERIAL), at=NOON + 500)
        self.learner.seq = box.learner.seq

    def __call__(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.learner(service, operation, **parameters)

    def send(self, request: Any, **more: Any) -> Any:
        return self.box.yard.run(self.cell.call(request, **more))

    def close(self) -> None:
        self.box.yard.run(self.cell.close())


@pytest.fixture
def copy(box: Any) -> Iterator[Copied]:
    """A copy of a sandbox in which somebody has worked."""
    box("s3", "CreateBucket", Bucket="shared")
    box("s3", "PutObject", Bucket="shared", Key="k", Body=b"before")
    made = Copied(box)
    yield made
    made.close()


def who(access_key: str) -> Any:
    return request_for(botocore_model("sts"), "GetCallerIdentity", {}, access_key=access_key)


def gone(pid: int, seconds: float = 5) -> bool:
    """Return whether the process has ended, or is about to."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
    return False


def test_a_copy_knows_all_and_tells_nothing(box: Any, copy: Copied) -> None:
    copy("s3", "PutObject", Bucket="shared", Key="k", Body=b"in the copy")
    copy("s3", "CreateBucket", Bucket="only-there")
    box("s3", "PutObject", Bucket="shared", Key="k2", Body=b"in the original")
    assert box("s3", "GetObject", Bucket="shared", Key="k")["Body"] == b"before"
    assert copy("s3", "GetObject", Bucket="shared", Key="k")["Body"] == b"in the copy"
    assert [each["Key"] for each in copy("s3", "ListObjectsV2", Bucket="shared")["Contents"]] == ["k"]
    assert [each["Name"] for each in box("s3", "ListBuckets")["Buckets"]] == ["shared"]


def test_a_large_object_is_a_file_of_its_own_in_the_copy(box: Any) -> None:
    body = os.urandom(6 << 20)  # more than moto keeps in memory
    box("s3", "CreateBucket", Bucket="large")
    box("s3", "PutObject", Bucket="large", Key="k", Body=body)
    copy = Copied(box)
    assert copy("s3", "GetObject", Bucket="large", Key="k", Range="bytes=10-19")["Body"] == body[10:20]
    copy("s3", "PutObject", Bucket="large", Key="k", Body=b"x" * (7 << 20))
    copy("s3", "DeleteObject", Bucket="large", Key="k")
    assert box("s3", "GetObject", Bucket="large", Key="k")["Body"] == body
    second = Copied(box, keys.FIRST_FORK + 8)
    box("s3", "DeleteObject", Bucket="large", Key="k")
    assert second("s3", "GetObject", Bucket="large", Key="k")["Body"] == body
    for each in (copy, second):
        each.close()


def test_the_learner_of_a_copy_has_another_key_and_is_the_same_user(box: Any, copy: Copied) -> None:
    mine, theirs = (each("iam", "GetUser")["User"] for each in (box, copy))
    assert mine == theirs
    listed = copy("iam", "ListAccessKeys")["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in listed] == [copy.learner.access_key]
    for box_key, cell in ((box.learner.access_key, copy), (copy.learner.access_key, box)):
        assert cell.send(who(box_key)).status == 403
    made = copy("iam", "CreateAccessKey", UserName="learner")["AccessKey"]["AccessKeyId"]
    assert keys.sandbox_of(made) == copy.spec.number


def test_a_sandbox_that_nobody_called_yet_can_be_copied(yard: Any) -> None:
    box = yard.open()
    copy = Copied(box)
    assert copy("iam", "GetUser")["User"] == box("iam", "GetUser")["User"]
    copy.close()
    box.close()


def test_what_a_copy_draws_does_not_move_the_ids_and_times_of_its_original(yard: Any) -> None:
    seen = []
    for copies in (False, True):
        box = yard.open(31_001)
        if copies:
            other = Copied(box)
            worked_lab(other, box.spec.account_id)
        worked_lab(box, box.spec.account_id)
        if copies:
            again = Copied(box, keys.FIRST_FORK + 9)
            again("ec2", "CreateVpc", CidrBlock="10.8.0.0/16")
        box("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")
        seen.append(
            [
                box("ec2", f"Describe{each}")
                for each in ("Vpcs", "Subnets", "SecurityGroups", "Instances", "NetworkInterfaces")
            ]
            + [box("iam", "ListRoles"), box("rds", "DescribeDBInstances"), box("s3", "ListBuckets")]
        )
        box.close()
    assert seen[0] == seen[1]


def test_a_killed_copy_is_gone_and_its_original_notices_nothing(box: Any, copy: Copied) -> None:
    os.kill(copy.cell.pid, signal.SIGKILL)
    with pytest.raises(CellGone):
        copy("s3", "ListBuckets")
    assert box("s3", "ListBuckets")["Buckets"]
    children = Path(f"/proc/{box.cell.pid}/task/{box.cell.pid}/children").read_text()
    assert children == ""  # nor is there a zombie


def test_a_copy_that_hangs_is_killed(box: Any, copy: Copied) -> None:
    os.kill(copy.cell.pid, signal.SIGSTOP)
    with pytest.raises(CellTimeout):
        copy.send(who(copy.learner.access_key), seconds=0.3)
    assert gone(copy.cell.pid)
    assert copy.cell not in box.yard.fleet.forks
    assert box("s3", "ListBuckets")["Buckets"]


@pytest.mark.parametrize("how", ["killed", "closed"])
def test_a_copy_ends_with_its_original(yard: Any, how: str) -> None:
    box = yard.open()
    copy = Copied(box)
    if how == "killed":
        os.kill(box.cell.pid, signal.SIGKILL)
    else:
        box.close()
    assert gone(copy.cell.pid)
    with pytest.raises(CellGone):
        copy("sts", "GetCallerIdentity")
    with pytest.raises(CellGone):
        Copied(box)
    box.close()


def test_a_copy_ends_when_nobody_holds_it(box: Any, copy: Copied) -> None:
    box.yard._loop.call_soon_threadsafe(copy.cell.drop)
    assert gone(copy.cell.pid)


def test_a_copy_ends_itself_after_its_time(box: Any) -> None:
    copy = Copied(box, seconds=0.1)  # the least that alarm() knows is a second
    assert gone(copy.cell.pid)


def test_a_copy_has_less_of_the_jail_than_its_original(box: Any, copy: Copied) -> None:
    """A filter more for each: no signal to its parent, and a copy's copy answers an order to fork with an error."""
    status = Path(f"/proc/{copy.cell.pid}/status").read_text()
    filters = {line.split(":")[0]: line.split()[-1] for line in status.splitlines()}
    own = Path(f"/proc/{box.cell.pid}/status").read_text()
    assert f"Seccomp_filters:\t{int(filters['Seccomp_filters']) - 1}\n" in own
    assert f"Uid:\t{own.split('Uid:')[1].split()[0]}" in status
    second = Copied(copy, keys.FIRST_FORK + 98)
    spec = replace(copy.spec, number=keys.FIRST_FORK + 99)
    with pytest.raises(Unavailable, match="Operation not permitted"):
        box.yard.run(fork(second.cell, spec, at=NOON, seconds=60))
    assert second("s3", "ListBuckets")["Buckets"]
    copy.close()
    assert gone(second.cell.pid)


def test_a_process_that_is_not_the_cells_own_is_never_killed(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda *_: killed.append(1))
    monkeypatch.setattr(forks, "_parent_of", lambda pid: 1)  # as if a broken cell had told somebody else's number
    with pytest.raises(Unavailable, match="is no child of"):
        Copied(box)
    assert killed == []
    assert box("sts", "GetCallerIdentity")["Account"] == box.spec.account_id


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each cell a uid whose processes can be counted")
def test_a_cell_makes_no_more_than_its_processes(yard: Any) -> None:
    box = yard.open(59_999)
    made = []
    with pytest.raises(Unavailable, match="could not be copied"):
        made += [Copied(box, keys.FIRST_FORK + each) for each in range(16)]
        made.append(Copied(box, keys.FIRST_FORK + 20))
    assert box("sts", "GetCallerIdentity")["Account"] == box.spec.account_id
    box.close()


def test_numbers_of_copies_have_eleven_digits_and_no_row_gets_there() -> None:
    assert len(str(keys.FIRST_FORK)) == len(str(keys.PAST_LAST_FORK - 1)) == 11
    assert not keys.is_fork(keys.FIRST_FORK - 1)
    assert keys.is_fork(keys.FIRST_FORK)
    assert len(account_id_for(1)) == 12
    key = keys.mint_access_key(keys.PAST_LAST_FORK - 1, keys.LEARNER_SERIAL)
    assert keys.sandbox_of(key) == keys.PAST_LAST_FORK - 1


def test_what_is_born_in_a_copy_is_as_in_its_original(box: Any) -> None:
    box("sts", "GetCallerIdentity")
    copy = Copied(box)
    ours, theirs = (each("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"] for each in (box, copy))
    copy.close()
    assert theirs == ours
