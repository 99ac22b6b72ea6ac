from dataclasses import replace

import pytest

from graders import CheckCall, registry
from graders.check import Parameter
from graders.registry import UnknownCheck


def validate(name, **parameters):
    return registry.validate(CheckCall(name, parameters))


def test_an_unknown_check_suggests_the_nearest():
    with pytest.raises(UnknownCheck) as unknown:
        registry.get("s3.bucket_block_public_access")
    assert unknown.value.suggestion == "s3.bucket_blocks_public_access"
    assert validate("s3.nobody_anonymus", bucket="b", actions=[]) == [
        "check s3.nobody_anonymus is not known (did you mean s3.nobody_anonymous?)."
    ]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"grup": "web", "port": 22}, "has no parameter grup (did you mean group?)."),
        ({"group": "web"}, "needs the parameter port."),
        ({"group": "web", "port": "http"}, "port must be a whole number, not 'http'."),
        ({"group": "web", "port": True}, "port must be a whole number, not True."),
        ({"group": 7, "port": 22}, "group must be text, not 7."),
        ({"group": ["web"], "port": 22}, "group must be text, not ['web']."),
    ],
)
def test_a_call_that_does_not_fit_is_told_in_a_sentence(parameters, sentence):
    assert any(one.endswith(sentence) for one in validate("ec2.port_open_to_internet", **parameters))


@pytest.mark.parametrize("port", [443, "443", "{{ port }}"])
def test_a_number_may_be_drawn_later_and_arrive_as_text(port):
    assert validate("ec2.port_open_to_internet", group="{{ group }}", port=port) == []


def test_lists_and_mappings_are_checked_inside():
    assert "a list of texts" in validate("s3.nobody_anonymous", bucket="b", actions="s3:*")[0]
    assert validate("ec2.only_ports_open_to_internet", group="g", ports=["80", 443]) == []
    assert validate("ec2.only_ports_open_to_internet", group="g", ports=["http"])


def test_permissions_are_the_union_over_the_calls():
    calls = [
        CheckCall("rds.instance_not_public"),
        CheckCall("expect", {"call": "s3.get_bucket_versioning"}),
        CheckCall("rds.instance_encrypted"),
    ]
    assert registry.permissions(calls) == [
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "s3:GetBucketVersioning",
    ]


def test_a_line_is_told_with_the_defaults():
    check = registry.get("s3.only_role_reads")
    given = replace(
        check, line="{bucket} after {days} days.", parameters=(*check.parameters, Parameter("days", int, False, 30))
    )
    assert given.title({"bucket": "acme"}) == "acme after 30 days."
    assert given.title({"bucket": "acme", "days": 7}) == "acme after 7 days."
    assert given.title({}) == "{bucket} after {days} days."
