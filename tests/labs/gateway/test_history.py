"""Going back: undo, checkpoints, snapshots along the way, and clean replays; through the real host, with boto3."""

from __future__ import annotations

import os

import pytest
from botocore.exceptions import ClientError

from labs.sandboxes import Ref, Unavailable, keys
from labs.sandboxes.emulated.provider import EmulatedProvider
from tests.labs.conftest import SandboxHost, wait_until
from tests.labs.gateway.test_restore import kill_cells, state, work

pytestmark = pytest.mark.stack


@pytest.fixture
def provider(sandbox_host: SandboxHost) -> EmulatedProvider:
    url = sandbox_host.base_url
    return EmulatedProvider(control=sandbox_host.control_path, master=sandbox_host.master, endpoint=url)


@pytest.fixture
def ref(sandbox_host: SandboxHost, provider: EmulatedProvider) -> Ref:
    made = sandbox_host.make_sandbox()
    provider.start(made)
    return made


def buckets(host: SandboxHost, ref: Ref) -> list[str]:
    return sorted(each["Name"] for each in host.client(ref, "s3").list_buckets()["Buckets"])


def kinds(host: SandboxHost, ref: Ref) -> list[str]:
    return [
        each["kind"] for each in host.sql("SELECT kind FROM labs_snapshot WHERE sandbox_id = ? ORDER BY id", ref.number)
    ]


class TestUndo:
    def test_the_last_change_is_taken_back_and_the_one_before(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        s3 = sandbox_host.client(ref, "s3")
        for name in ("one", "two", "three"):
            s3.create_bucket(Bucket=f"bucket-{name}")
        s3.list_buckets()  # a look is no change
        provider.undo(ref)
        assert buckets(sandbox_host, ref) == ["bucket-one", "bucket-two"]
        provider.undo(ref)
        assert buckets(sandbox_host, ref) == ["bucket-one"]
        s3.create_bucket(Bucket="bucket-four")
        provider.undo(ref)
        provider.undo(ref)
        assert buckets(sandbox_host, ref) == []
        with pytest.raises(Unavailable, match="nothing to undo"):
            provider.undo(ref)

    def test_an_undo_can_be_taken_back(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        ec2 = sandbox_host.client(ref, "ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        way_back = provider.undo(ref)
        assert vpc not in str(ec2.describe_vpcs())
        provider.go_back(ref, way_back.id)
        assert vpc in str(ec2.describe_vpcs())
        assert [row["undone_by_id"] for row in sandbox_host.journal(ref) if row["action"] == "CreateVpc"] == [None]

    def test_what_was_undone_stays_in_the_journal_and_out_of_the_sandbox(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        s3 = sandbox_host.client(ref, "s3")
        s3.create_bucket(Bucket="kept-one")
        s3.create_bucket(Bucket="undone-one")
        provider.undo(ref)
        s3.create_bucket(Bucket="kept-two")
        kill_cells(sandbox_host)
        assert buckets(sandbox_host, ref) == ["kept-one", "kept-two"]
        rows = {row["seq"]: row for row in sandbox_host.journal(ref) if row["action"] == "CreateBucket"}
        assert len(rows) == 3
        assert [row["undone_by_id"] is None for row in rows.values()] == [True, False, True]

    def test_what_a_lab_set_up_cannot_be_undone(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        sandbox_host.client(ref, "s3", serial=keys.START_SERIAL).create_bucket(Bucket="given")
        with pytest.raises(Unavailable, match="nothing to undo"):
            provider.undo(ref)
        assert buckets(sandbox_host, ref) == ["given"]

    def test_a_refused_call_is_no_change(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        s3 = sandbox_host.client(ref, "s3")
        s3.create_bucket(Bucket="first")
        with pytest.raises(ClientError):
            s3.put_object(Bucket="absent", Key="k", Body=b"")
        provider.undo(ref)
        assert buckets(sandbox_host, ref) == []


class TestCheckpoints:
    def test_all_is_as_it_was(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        work(sandbox_host, ref)
        before = state(sandbox_host, ref)
        made = provider.checkpoint(ref, "after the work")
        sandbox_host.client(ref, "s3").delete_object(Bucket="kept", Key="k")
        sandbox_host.client(ref, "iam").create_user(UserName="bob")
        assert provider.checkpoints(ref) == [made]
        assert (made.label, made.kind) == ("after the work", "checkpoint")
        provider.go_back(ref, made.id)
        assert state(sandbox_host, ref) == before
        kill_cells(sandbox_host)
        assert state(sandbox_host, ref) == before

    def test_one_may_go_back_and_forth(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        s3, moments = sandbox_host.client(ref, "s3"), []
        for name in ("a", "b", "c"):
            s3.create_bucket(Bucket=f"bucket-{name}")
            moments.append(provider.checkpoint(ref, name))
        for index in (0, 2, 1):
            provider.go_back(ref, moments[index].id)
            assert len(buckets(sandbox_host, ref)) == index + 1
            kill_cells(sandbox_host)
            assert len(buckets(sandbox_host, ref)) == index + 1

    def test_a_look_at_the_past_changes_nothing(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        s3 = sandbox_host.client(ref, "s3")
        s3.create_bucket(Bucket="old")
        made = provider.checkpoint(ref, "")
        s3.create_bucket(Bucket="new")
        past = provider.past(ref, made.id)
        assert buckets(sandbox_host, past) == ["old"]
        sandbox_host.client(past, "s3").create_bucket(Bucket="elsewhere")
        assert buckets(sandbox_host, ref) == ["new", "old"]
        provider.stop(past)

    def test_anothers_checkpoint_is_none(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        other = sandbox_host.make_sandbox()
        sandbox_host.client(other, "s3").create_bucket(Bucket="theirs")
        made = provider.checkpoint(other, "")
        with pytest.raises(Unavailable, match="does not exist"):
            provider.go_back(ref, made.id)


class TestSnapshots:
    def test_a_state_is_kept_along_the_way_and_found_again(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        s3 = sandbox_host.client(ref, "s3")
        s3.create_bucket(Bucket="shelf")
        for number in range(75):  # more than may have to be made again, without a pause
            s3.put_object(Bucket="shelf", Key=str(number), Body=b"x")
        wait_until(lambda: len(kinds(sandbox_host, ref)) >= 1)
        before = s3.list_objects_v2(Bucket="shelf")["Contents"]
        kill_cells(sandbox_host)
        assert s3.list_objects_v2(Bucket="shelf")["Contents"] == before

    @pytest.mark.parametrize("change", ["data = x'00'", "signature = x'00'", "seq = seq - 1", "epoch = epoch"])
    def test_one_that_is_not_ours_is_not_read(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref, change: str
    ) -> None:
        s3 = sandbox_host.client(ref, "s3")
        s3.create_bucket(Bucket="shelf")
        provider.checkpoint(ref, "")
        s3.create_bucket(Bucket="later")
        sandbox_host.sql(f"UPDATE labs_snapshot SET {change} WHERE sandbox_id = ?", ref.number)
        kill_cells(sandbox_host)
        assert buckets(sandbox_host, ref) == ["later", "shelf"]

    def test_nor_one_of_another_sandbox(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        other = sandbox_host.make_sandbox()
        sandbox_host.client(other, "s3").create_bucket(Bucket="theirs")
        provider.checkpoint(other, "")
        sandbox_host.client(ref, "s3").create_bucket(Bucket="mine")
        made = provider.checkpoint(ref, "")
        theirs = sandbox_host.sql("SELECT data, signature FROM labs_snapshot WHERE sandbox_id = ?", other.number)[0]
        statement = "UPDATE labs_snapshot SET data = ?, signature = ? WHERE id = ?"
        sandbox_host.sql(statement, theirs["data"], theirs["signature"], made.id)
        kill_cells(sandbox_host)
        assert buckets(sandbox_host, ref) == ["mine"]


class TestReplay:
    def test_a_clean_replay_is_the_same_account(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        work(sandbox_host, ref)
        provider.checkpoint(ref, "")
        again = provider.replayed(ref)
        mine, theirs = state(sandbox_host, ref), state(sandbox_host, again)
        # The copy's own key is another, so that its calls reach it.
        assert theirs == mine
        provider.stop(again)

    def test_the_past_ends_with_its_copy(self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref) -> None:
        before = len(_children(sandbox_host))
        again = provider.replayed(ref)
        provider.stop(again)
        wait_until(lambda: len(_children(sandbox_host)) <= before + 1)
        with pytest.raises(ClientError):
            buckets(sandbox_host, again)


def _children(host: SandboxHost) -> list[str]:
    zygote = host.control({"op": "report"})["report"]["zygote"]
    with open(f"/proc/{zygote}/task/{zygote}/children") as file:
        return file.read().split()


class TestSleep:
    def test_the_next_call_finds_it_as_it_was(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        work(sandbox_host, ref)
        before = state(sandbox_host, ref)
        cells = len(_children(sandbox_host))
        provider.hibernate(ref)
        wait_until(lambda: len(_children(sandbox_host)) < cells)
        assert state(sandbox_host, ref) == before
        provider.hibernate(ref)
        provider.hibernate(ref)  # asleep already
        assert state(sandbox_host, ref) == before

    def test_time_asleep_is_no_time_of_its_ids(
        self, sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
    ) -> None:
        ec2 = sandbox_host.client(ref, "ec2")
        made = [ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]]
        provider.hibernate(ref)
        made.append(ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"])
        again = provider.replayed(ref)
        found = [each["VpcId"] for each in sandbox_host.client(again, "ec2").describe_vpcs()["Vpcs"]]
        assert set(made) <= set(found)
        provider.stop(again)


def test_a_large_body_is_kept_once_and_comes_back(
    sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
) -> None:
    s3, body = sandbox_host.client(ref, "s3"), os.urandom(100_000)
    s3.create_bucket(Bucket="shelf")
    before = sandbox_host.sql("SELECT count(*) AS n FROM labs_body")[0]["n"]
    for key in ("a", "b", "c"):
        s3.put_object(Bucket="shelf", Key=key, Body=body)
    assert sandbox_host.sql("SELECT count(*) AS n FROM labs_body")[0]["n"] == before + 1
    assert max(len(row["request"]) for row in sandbox_host.journal(ref) if row["request"]) < 5_000
    kill_cells(sandbox_host)
    assert s3.get_object(Bucket="shelf", Key="c")["Body"].read() == body


def test_large_objects_have_their_place_after_going_back(
    sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
) -> None:
    s3, body = sandbox_host.client(ref, "s3"), os.urandom(6 << 20)  # moto keeps what is larger than 5 MB in a file
    s3.create_bucket(Bucket="shelf")
    s3.put_object(Bucket="shelf", Key="before", Body=body)
    made = provider.checkpoint(ref, "")
    provider.stop(provider.past(ref, made.id))
    provider.undo(ref)
    for key in ("a", "b"):
        s3.put_object(Bucket="shelf", Key=key, Body=body)
    provider.go_back(ref, made.id)
    assert s3.get_object(Bucket="shelf", Key="before")["Body"].read() == body
    s3.put_object(Bucket="shelf", Key="after", Body=body)
    assert s3.get_object(Bucket="shelf", Key="after")["Body"].read() == body
