"""The cell's small policy reading: as many that must not pass as must."""

from __future__ import annotations

from typing import Any

import pytest

from labs.sandboxes.emulated.policies import allows, is_public
from labs.sandboxes.emulated.regexes import is_harmless


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ANYBODY_READS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        (ANYBODY_READS, True),
        ({**ANYBODY_READS, "Principal": {"AWS": "*"}}, True),
        ({**ANYBODY_READS, "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}}, True),
        ({**ANYBODY_READS, "Effect": "Deny"}, False),
        ({**ANYBODY_READS, "Principal": {"AWS": "111122223333"}}, False),
        ({**ANYBODY_READS, "Principal": {"Service": "cloudfront.amazonaws.com"}}, False),
        ({**ANYBODY_READS, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({**ANYBODY_READS, "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({**ANYBODY_READS, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({**ANYBODY_READS, "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({**ANYBODY_READS, "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}}, True),
        ({**ANYBODY_READS, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({**ANYBODY_READS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_public_is_what_s3_calls_public(statement: dict[str, Any], public: bool) -> None:
    assert is_public(_policy(statement)) is public


def test_a_deny_wins_whatever_the_order() -> None:
    deny = {**ANYBODY_READS, "Effect": "Deny"}
    for statements in ([ANYBODY_READS, deny], [deny, ANYBODY_READS]):
        assert not allows(_policy(*statements), principals=["*"], action="s3:GetObject", resource="arn:aws:s3:::b/k")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:t"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:other"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "1"}}, False),
    ],
)
def test_an_allow_counts_only_where_its_conditions_are_known_to_hold(condition: dict[str, Any], allowed: bool) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "SQS:Send*",
        "Resource": "*",
    }
    document = _policy({**statement, "Condition": condition})
    context = {"aws:sourcearn": "arn:aws:sns:us-east-1:1:t"}
    assert (
        allows(document, principals=["Service:sns.amazonaws.com"], action="sqs:SendMessage", context=context) is allowed
    )


def test_a_deny_with_an_unknown_condition_counts() -> None:
    deny = {**ANYBODY_READS, "Effect": "Deny", "Condition": {"NumericLessThan": {"x:y": "1"}}}
    context = {"x:y": "0"}
    assert not allows(
        _policy(ANYBODY_READS, deny),
        principals=["*"],
        action="s3:GetObject",
        resource="arn:aws:s3:::b/k",
        context=context,
    )


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "a" * 600, "(?:x+x+)+y", "((a*)*)*"])
def test_patterns_that_take_minutes_are_told(pattern: str) -> None:
    assert not is_harmless(pattern)


@pytest.mark.parametrize("pattern", ["^prod-.*", "[a-z]{1,12}", "a|b|c", r"arn:aws:.*:\d{12}:.*", "(abc)?x", "("])
def test_patterns_that_end_are_let_through(pattern: str) -> None:
    assert is_harmless(pattern)
