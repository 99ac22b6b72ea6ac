"""What any provider of sandboxes must do, whoever it is: written against labs.sandboxes.Provider, and AWS by boto3.

@pytest.fixture(scope="module")
def house() -> Iterator[House]: ...

class TestMine(ProviderConformance): ...
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from labs.sandboxes import CannotFork, Credentials, Provider, Ref, Unavailable

__all__ = ["House", "ProviderConformance", "client"]

SHARED_NAME = "a-name-that-both-want"


@dataclass(frozen=True)
class House:
    """A provider to be tried. `make_ref` names a sandbox that nobody had; `renew` its next life; `lost` cannot answer."""

    provider: Provider
    make_ref: Callable[[], Ref]
    renew: Callable[[Ref], Ref]
    lost: Provider


def client(service: str, credentials: Credentials) -> Any:
    """Return a boto3 client as a learner's program would make it."""
    return boto3.client(
        service,
        region_name=credentials.region,
        endpoint_url=credentials.endpoint_url,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30),
    )


def _buckets(house: House, ref: Ref) -> list[str]:
    listed = client("s3", house.provider.learner_credentials(ref)).list_buckets()
    return sorted(each["Name"] for each in listed.get("Buckets", []))


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


class ProviderConformance:
    """Inherit, and give a fixture `house`."""

    @pytest.fixture
    def ref(self, house: House) -> Iterator[Ref]:
        """A sandbox that runs."""
        made = house.make_ref()
        house.provider.start(made)
        yield made
        house.provider.stop(made)

    def test_it_is_a_provider_with_a_name(self, house: House) -> None:
        assert isinstance(house.provider, Provider)
        assert house.provider.name

    def test_a_sandbox_runs_from_start_to_stop(self, house: House) -> None:
        ref = house.make_ref()
        house.provider.start(ref)
        assert house.provider.is_running(ref)
        house.provider.stop(ref)
        assert not house.provider.is_running(ref)

    def test_starting_twice_is_starting_once(self, house: House, ref: Ref) -> None:
        s3 = client("s3", house.provider.learner_credentials(ref))
        s3.create_bucket(Bucket="kept-over-a-second-start")
        house.provider.start(ref)
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["kept-over-a-second-start"]

    def test_stopping_twice_or_before_a_start_does_no_harm(self, house: House) -> None:
        ref = house.make_ref()
        house.provider.stop(ref)
        ref = house.make_ref()
        house.provider.start(ref)
        house.provider.stop(ref)
        house.provider.stop(ref)
        assert not house.provider.is_running(ref)

    def test_the_first_call_after_a_start_is_answered(self, house: House) -> None:
        ref = house.make_ref()
        house.provider.start(ref)
        who = client("sts", house.provider.learner_credentials(ref)).get_caller_identity()
        assert who["Account"] == ref.account_id
        house.provider.stop(ref)

    def test_both_keys_reach_the_account_and_are_not_the_same(self, house: House, ref: Ref) -> None:
        learner, grader = house.provider.learner_credentials(ref), house.provider.grader_credentials(ref)
        callers = [client("sts", each).get_caller_identity() for each in (learner, grader)]
        assert {each["Account"] for each in callers} == {ref.account_id} == {learner.account_id, grader.account_id}
        assert callers[0]["Arn"] != callers[1]["Arn"]
        assert learner.access_key_id != grader.access_key_id
        assert learner.secret_access_key != grader.secret_access_key

    def test_the_grader_sees_what_the_learner_made(self, house: House, ref: Ref) -> None:
        client("s3", house.provider.learner_credentials(ref)).create_bucket(Bucket="made-by-the-learner")
        seen = client("s3", house.provider.grader_credentials(ref)).list_buckets()["Buckets"]
        assert [each["Name"] for each in seen] == ["made-by-the-learner"]

    def test_the_learner_sees_nothing_of_the_grader(self, house: House, ref: Ref) -> None:
        grader = house.provider.grader_credentials(ref)
        client("sts", grader).get_caller_identity()
        iam = client("iam", house.provider.learner_credentials(ref))
        names = {each["UserName"] for each in iam.list_users()["Users"]}
        listed = [iam.list_access_keys(UserName=name)["AccessKeyMetadata"] for name in names]
        assert grader.access_key_id not in str(listed)

    def test_s3_and_ec2_work_with_boto3(self, house: House, ref: Ref) -> None:
        credentials = house.provider.learner_credentials(ref)
        s3, ec2 = client("s3", credentials), client("ec2", credentials)
        s3.create_bucket(Bucket="hello-bucket")
        s3.put_object(Bucket="hello-bucket", Key="a/b c.txt", Body=b"hello")
        assert s3.get_object(Bucket="hello-bucket", Key="a/b c.txt")["Body"].read() == b"hello"
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"] == "10.9.0.0/16"

    def test_what_is_sent_out_is_in_the_inbox_and_outlives_a_sleep(self, house: House, ref: Ref) -> None:
        sns = client("sns", house.provider.learner_credentials(ref))
        topic = sns.create_topic(Name="news")["TopicArn"]
        assert house.provider.inbox(ref) == []
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
        [asks] = house.provider.inbox(ref)
        assert (asks.number, asks.service, asks.protocol, asks.endpoint) == (1, "sns", "email", "ann@example.com")
        sns.confirm_subscription(TopicArn=topic, Token=asks.body["Token"])
        sns.publish(TopicArn=topic, Message="x" * 25_000)
        told = house.provider.inbox(ref)
        assert [one.number for one in told] == [1, 2] and told[1].at >= told[0].at
        assert str(told[1].body).startswith("xxx") and told[1].more["topic"] == topic
        house.provider.hibernate(ref)
        assert house.provider.inbox(ref) == told

    def test_each_protocol_of_aws_is_spoken(self, house: House, ref: Ref) -> None:
        credentials = house.provider.learner_credentials(ref)
        assert client("sqs", credentials).create_queue(QueueName="q")["QueueUrl"]
        assert client("sns", credentials).create_topic(Name="t")["TopicArn"]
        assert client("cloudwatch", credentials).describe_alarms()["MetricAlarms"] == []
        assert client("dynamodb", credentials).list_tables()["TableNames"] == []
        assert client("lambda", credentials).list_functions()["Functions"] == []
        assert client("rds", credentials).describe_db_instances()["DBInstances"] == []

    @pytest.mark.parametrize("service", ["sts", "s3", "dynamodb"])
    def test_a_wrong_secret_is_refused(self, house: House, ref: Ref, service: str) -> None:
        right = house.provider.learner_credentials(ref)
        wrong = client(service, replace(right, secret_access_key=right.secret_access_key[::-1]))
        operation = {"sts": "get_caller_identity", "s3": "list_buckets", "dynamodb": "list_tables"}[service]
        with pytest.raises(ClientError) as refused:
            getattr(wrong, operation)()
        assert _code(refused) in ("SignatureDoesNotMatch", "InvalidSignatureException")

    def test_the_graders_key_with_the_learners_secret_is_refused(self, house: House, ref: Ref) -> None:
        learner, grader = house.provider.learner_credentials(ref), house.provider.grader_credentials(ref)
        mixed = replace(grader, secret_access_key=learner.secret_access_key)
        with pytest.raises(ClientError) as refused:
            client("sts", mixed).get_caller_identity()
        assert _code(refused) == "SignatureDoesNotMatch"

    def test_a_key_that_nobody_gave_out_is_refused(self, house: House, ref: Ref) -> None:
        unknown = replace(house.provider.learner_credentials(ref), access_key_id="AKIAIOSFODNN7EXAMPLE")
        with pytest.raises(ClientError) as refused:
            client("sts", unknown).get_caller_identity()
        assert _code(refused) == "InvalidClientTokenId"

    def test_keys_and_sessions_made_inside_work_until_they_are_taken_away(self, house: House, ref: Ref) -> None:
        credentials = house.provider.learner_credentials(ref)
        iam = client("iam", credentials)
        iam.create_user(UserName="ann")
        made = iam.create_access_key(UserName="ann")["AccessKey"]
        ann = replace(credentials, access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])
        assert client("sts", ann).get_caller_identity()["Arn"].endswith(":user/ann")
        session = client("sts", credentials).get_session_token()["Credentials"]
        own = replace(
            credentials,
            access_key_id=session["AccessKeyId"],
            secret_access_key=session["SecretAccessKey"],
            session_token=session["SessionToken"],
        )
        assert client("sts", own).get_caller_identity()["Account"] == ref.account_id
        with pytest.raises(ClientError):
            client("sts", replace(own, session_token=None)).get_caller_identity()
        iam.delete_access_key(UserName="ann", AccessKeyId=made["AccessKeyId"])
        with pytest.raises(ClientError) as refused:
            client("sts", ann).get_caller_identity()
        assert _code(refused) == "InvalidClientTokenId"

    def test_two_sandboxes_know_nothing_of_each_other(self, house: House, ref: Ref) -> None:
        other = house.make_ref()
        house.provider.start(other)
        mine = client("s3", house.provider.learner_credentials(ref))
        theirs = client("s3", house.provider.learner_credentials(other))
        for who, s3 in (("mine", mine), ("theirs", theirs)):
            s3.create_bucket(Bucket=SHARED_NAME)
            s3.put_object(Bucket=SHARED_NAME, Key="whose", Body=who.encode())
        assert mine.get_object(Bucket=SHARED_NAME, Key="whose")["Body"].read() == b"mine"
        assert theirs.get_object(Bucket=SHARED_NAME, Key="whose")["Body"].read() == b"theirs"
        mine.delete_object(Bucket=SHARED_NAME, Key="whose")
        assert theirs.list_objects_v2(Bucket=SHARED_NAME)["KeyCount"] == 1
        house.provider.stop(other)
        assert mine.list_buckets()["Buckets"]

    def test_a_reset_empties_the_account_and_keeps_the_keys(self, house: House, ref: Ref) -> None:
        before = house.provider.learner_credentials(ref)
        s3 = client("s3", before)
        s3.create_bucket(Bucket="gone-after-the-reset")
        iam = client("iam", before)
        iam.create_user(UserName="gone")
        made = iam.create_access_key(UserName="gone")["AccessKey"]
        house.provider.stop(ref)
        renewed = house.renew(ref)
        house.provider.start(renewed)
        assert house.provider.learner_credentials(renewed) == before
        assert s3.list_buckets().get("Buckets", []) == []
        old = replace(before, access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])
        with pytest.raises(ClientError) as refused:
            client("sts", old).get_caller_identity()
        assert _code(refused) == "InvalidClientTokenId"
        assert not house.provider.is_running(ref)
        house.provider.stop(renewed)

    def test_a_stopped_sandbox_answers_no_call(self, house: House) -> None:
        ref = house.make_ref()
        house.provider.start(ref)
        house.provider.stop(ref)
        with pytest.raises(ClientError):
            client("sts", house.provider.learner_credentials(ref)).get_caller_identity()

    @pytest.fixture
    def fork(self, house: House, ref: Ref) -> Iterator[Ref]:
        """A copy of `ref`, which holds a bucket `shared` with one object."""
        s3 = client("s3", house.provider.learner_credentials(ref))
        s3.create_bucket(Bucket="shared")
        s3.put_object(Bucket="shared", Key="k", Body=b"before")
        try:
            made = house.provider.fork(ref)
        except CannotFork:
            pytest.skip("this provider has no copies")
        yield made
        house.provider.stop(made)

    def test_a_fork_is_the_same_account_under_another_key(self, house: House, ref: Ref, fork: Ref) -> None:
        assert (fork.account_id, fork.region) == (ref.account_id, ref.region)
        assert fork.number != ref.number
        assert house.provider.is_running(fork)
        for of in (
            house.provider.learner_credentials,
            house.provider.grader_credentials,
            house.provider.start_credentials,
        ):
            theirs, own = client("sts", of(ref)).get_caller_identity(), client("sts", of(fork)).get_caller_identity()
            assert (own["Account"], own["Arn"]) == (theirs["Account"], theirs["Arn"])
            assert of(fork).access_key_id != of(ref).access_key_id
        copied = client("s3", house.provider.learner_credentials(fork)).get_object(Bucket="shared", Key="k")
        assert copied["Body"].read() == b"before"

    def test_a_fork_and_its_original_know_nothing_of_each_other(self, house: House, ref: Ref, fork: Ref) -> None:
        mine = client("s3", house.provider.learner_credentials(ref))
        copy = client("s3", house.provider.learner_credentials(fork))
        for s3, body in ((copy, b"in the copy"), (mine, b"in the original")):
            s3.put_object(Bucket="shared", Key="k", Body=body)
        copy.create_bucket(Bucket="only-in-the-copy")
        mine.create_bucket(Bucket="only-in-the-original")
        assert mine.get_object(Bucket="shared", Key="k")["Body"].read() == b"in the original"
        assert copy.get_object(Bucket="shared", Key="k")["Body"].read() == b"in the copy"
        assert {each["Name"] for each in mine.list_buckets()["Buckets"]} == {"only-in-the-original", "shared"}
        assert {each["Name"] for each in copy.list_buckets()["Buckets"]} == {"only-in-the-copy", "shared"}

    def test_a_key_made_in_a_fork_opens_the_fork_only(self, house: House, ref: Ref, fork: Ref) -> None:
        credentials = house.provider.learner_credentials(fork)
        iam = client("iam", credentials)
        iam.create_user(UserName="ann")
        made = iam.create_access_key(UserName="ann")["AccessKey"]
        ann = replace(credentials, access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])
        assert client("sts", ann).get_caller_identity()["Arn"].endswith(":user/ann")
        house.provider.stop(fork)
        with pytest.raises(ClientError):
            client("sts", ann).get_caller_identity()

    def test_a_stopped_fork_answers_no_call_and_its_original_goes_on(self, house: House, ref: Ref, fork: Ref) -> None:
        house.provider.stop(fork)
        house.provider.stop(fork)
        assert not house.provider.is_running(fork)
        with pytest.raises(ClientError):
            client("sts", house.provider.learner_credentials(fork)).get_caller_identity()
        assert client("s3", house.provider.learner_credentials(ref)).list_buckets()["Buckets"]
        with pytest.raises(Unavailable):
            house.provider.start(fork)

    def test_a_fork_ends_with_its_original(self, house: House, ref: Ref, fork: Ref) -> None:
        house.provider.stop(ref)
        assert not house.provider.is_running(fork)
        with pytest.raises(Unavailable):
            house.provider.fork(ref)

    def test_a_fork_can_be_forked_and_that_one_not(self, house: House, ref: Ref, fork: Ref) -> None:
        second = house.provider.fork(fork)
        first, copy = (client("s3", house.provider.learner_credentials(each)) for each in (fork, second))
        copy.put_object(Bucket="shared", Key="k", Body=b"in the second")
        first.put_object(Bucket="shared", Key="k", Body=b"in the first")
        assert copy.get_object(Bucket="shared", Key="k")["Body"].read() == b"in the second"
        mine = client("s3", house.provider.learner_credentials(ref))
        assert mine.get_object(Bucket="shared", Key="k")["Body"].read() == b"before"
        with pytest.raises(Unavailable):
            house.provider.fork(second)
        house.provider.stop(fork)
        assert not house.provider.is_running(second)

    def test_a_call_without_a_signature_reaches_the_sandbox_or_its_fork(
        self, house: House, ref: Ref, fork: Ref
    ) -> None:
        credentials = {each: house.provider.learner_credentials(each) for each in (ref, fork)}
        if credentials[ref].anonymous_url is None:
            pytest.skip("AWS itself answers")
        rule = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shared/*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
        copy = client("s3", credentials[fork])
        copy.delete_public_access_block(Bucket="shared")
        copy.put_bucket_policy(Bucket="shared", Policy=text)
        assert _status(f"{credentials[fork].anonymous_url}/shared/k") == 200
        assert _status(f"{credentials[ref].anonymous_url}/shared/k") == 403

    def test_the_last_change_is_undone_and_brought_back(self, house: House, ref: Ref) -> None:
        s3 = client("s3", house.provider.learner_credentials(ref))
        for name in ("first", "second"):
            s3.create_bucket(Bucket=f"the-{name}")
        back = house.provider.undo(ref)
        assert _buckets(house, ref) == ["the-first"]
        house.provider.go_back(ref, back.id)
        assert _buckets(house, ref) == ["the-first", "the-second"]
        house.provider.undo(ref)
        house.provider.undo(ref)
        assert _buckets(house, ref) == []
        with pytest.raises(Unavailable):
            house.provider.undo(ref)

    def test_only_the_change_that_is_meant_is_undone(self, house: House, ref: Ref) -> None:
        s3 = client("s3", house.provider.learner_credentials(ref))
        s3.create_bucket(Bucket="the-first")
        meant = house.provider.checkpoint(ref, "").seq
        s3.create_bucket(Bucket="the-second")
        last = house.provider.checkpoint(ref, "").seq
        with pytest.raises(Unavailable):
            house.provider.undo(ref, meant)
        assert _buckets(house, ref) == ["the-first", "the-second"]
        house.provider.undo(ref, last)
        assert _buckets(house, ref) == ["the-first"]

    def test_what_was_set_up_is_no_change_of_the_learners(self, house: House, ref: Ref) -> None:
        client("s3", house.provider.start_credentials(ref)).create_bucket(Bucket="given")
        with pytest.raises(Unavailable):
            house.provider.undo(ref)
        assert _buckets(house, ref) == ["given"]

    def test_one_goes_back_to_what_was_kept(self, house: House, ref: Ref) -> None:
        s3 = client("s3", house.provider.learner_credentials(ref))
        s3.create_bucket(Bucket="the-first")
        kept = house.provider.checkpoint(ref, "one bucket")
        s3.create_bucket(Bucket="the-second")
        s3.put_object(Bucket="the-first", Key="k", Body=b"later")
        assert house.provider.checkpoints(ref) == [kept]
        assert (kept.label, kept.kind) == ("one bucket", "checkpoint")
        here = house.provider.go_back(ref, kept.id)
        assert _buckets(house, ref) == ["the-first"]
        assert s3.list_objects_v2(Bucket="the-first")["KeyCount"] == 0
        assert [each.id for each in house.provider.checkpoints(ref)] == [kept.id, here.id]
        house.provider.go_back(ref, here.id)
        assert s3.get_object(Bucket="the-first", Key="k")["Body"].read() == b"later"

    def test_nobody_goes_to_what_was_kept_of_another(self, house: House, ref: Ref) -> None:
        other = house.make_ref()
        house.provider.start(other)
        kept = house.provider.checkpoint(other, "theirs")
        for act in (house.provider.go_back, house.provider.past):
            with pytest.raises(Unavailable):
                act(ref, kept.id)
        assert house.provider.checkpoints(ref) == []
        house.provider.stop(other)

    def test_the_past_and_a_replay_are_copies(self, house: House, ref: Ref) -> None:
        s3 = client("s3", house.provider.learner_credentials(ref))
        s3.create_bucket(Bucket="the-first")
        kept = house.provider.checkpoint(ref, "")
        s3.create_bucket(Bucket="the-second")
        copies = {house.provider.past(ref, kept.id): ["the-first"]}
        copies[house.provider.replayed(ref)] = ["the-first", "the-second"]
        for copy, names in copies.items():
            assert copy.account_id == ref.account_id
            assert _buckets(house, copy) == names
            client("s3", house.provider.learner_credentials(copy)).create_bucket(Bucket="only-in-the-copy")
            house.provider.stop(copy)
        assert _buckets(house, ref) == ["the-first", "the-second"]

    def test_a_reset_leaves_no_way_back(self, house: House, ref: Ref) -> None:
        client("s3", house.provider.learner_credentials(ref)).create_bucket(Bucket="gone")
        kept = house.provider.checkpoint(ref, "")
        house.provider.stop(ref)
        renewed = house.renew(ref)
        house.provider.start(renewed)
        assert house.provider.checkpoints(renewed) == []
        with pytest.raises(Unavailable):
            house.provider.go_back(renewed, kept.id)
        with pytest.raises(Unavailable):
            house.provider.undo(renewed)
        house.provider.stop(renewed)

    def test_a_provider_that_cannot_answer_says_unavailable(self, house: House) -> None:
        ref, lost = house.make_ref(), house.lost
        for act in (lost.start, lost.stop, lost.is_running, lost.fork, lost.checkpoints, lost.undo, lost.replayed):
            with pytest.raises(Unavailable):
                act(ref)
        for look in (lost.go_back, lost.past):
            with pytest.raises(Unavailable):
                look(ref, 1)
        with pytest.raises(Unavailable):
            lost.checkpoint(ref, "")
