"""The Resources tab: what exists, told from an account's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from labs.inventory import Group, inventory


class Answers:
    """An account that answers from a table; an exception in it is raised, and what is not in it is empty."""

    account_id, region = "210987654321", "us-east-1"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError("the inventory reads, it does not call")

    def read(self, service: str, operation: str, *, region: str | None = None, **_: Any) -> dict[str, Any]:
        answer = self.answers.get(operation, {})
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer
        return found

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        return make()


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "operation")


def facts(group: Group, name: str) -> dict[str, tuple[str, str]]:
    resource = next(one for one in group.resources if one.name.startswith(name))
    return {fact.label: (fact.value, fact.tone) for fact in resource.facts}


def test_a_bucket_shows_how_closed_it_is() -> None:
    switches = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True}
    [s3] = inventory(
        Answers(
            list_buckets={"Buckets": [{"Name": "acme"}]},
            get_public_access_block={"PublicAccessBlockConfiguration": {**switches, "RestrictPublicBuckets": False}},
            get_bucket_policy={"Policy": json.dumps({"Statement": [{}, {}]})},
        ),
        ["s3"],
    )
    found = facts(s3, "acme")
    assert found["Block Public Access"] == ("3 of 4", "bad")
    assert found["Bucket policy"] == ("2 statements", "")


def test_a_bucket_without_a_policy_has_none_and_is_no_fault() -> None:
    [s3] = inventory(
        Answers(
            list_buckets={"Buckets": [{"Name": "acme"}]},
            get_bucket_policy=error("NoSuchBucketPolicy"),
            get_public_access_block=error("NoSuchPublicAccessBlockConfiguration"),
        ),
        ["s3"],
    )
    assert facts(s3, "acme")["Bucket policy"] == ("none", "")
    assert not s3.failed


def test_a_rule_reads_as_people_say_it() -> None:
    groups = [
        {
            "GroupId": "sg-1",
            "GroupName": "web",
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
                {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8010, "UserIdGroupPairs": [{"GroupId": "sg-1"}]},
                {"IpProtocol": "-1"},
            ],
        },
        {"GroupId": "sg-2", "GroupName": "closed", "IpPermissions": []},
    ]
    [ec2] = inventory(Answers(describe_security_groups={"SecurityGroups": groups}), ["ec2"])
    web = next(one for one in ec2.resources if one.name == "web (sg-1)")
    assert [fact.value for fact in web.facts] == [
        "tcp 443 from 0.0.0.0/0",
        "tcp 8000-8010 from web",
        "all traffic from nowhere",
    ]
    assert facts(ec2, "closed") == {"In": ("nothing", "")}


def test_a_service_that_cannot_be_read_does_not_hide_the_others() -> None:
    account = Answers(
        list_buckets=EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        list_topics={"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:210987654321:alerts"}]},
    )
    s3, sns = inventory(account, ["sns", "s3"])
    assert s3.failed and not s3.resources
    assert facts(sns, "alerts")["Subscribers"] == ("nobody", "bad")


def test_only_the_services_that_are_asked_for_and_that_hold_something_are_shown() -> None:
    assert inventory(Answers(list_queues={"QueueUrls": ["http://x/q"]}), ["s3", "unheard-of"]) == []


def test_a_resource_keeps_its_place_in_the_page_whatever_its_name() -> None:
    names = ["a/b", "a_2f_b", "a b", "ä"]
    [logs] = inventory(Answers(describe_log_groups={"logGroups": [{"logGroupName": name} for name in names]}), ["logs"])
    slugs = [one.slug for one in logs.resources]
    assert len(set(slugs)) == len(names)
    assert all(slug.isascii() and not set(slug) & set(" ./:#") for slug in slugs)
