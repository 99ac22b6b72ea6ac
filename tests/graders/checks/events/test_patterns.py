"""graders.patterns, on the examples of AWS's pages and around them."""

import json

import pytest

from graders.patterns import InvalidPattern, event_matches, log_matches, policy_passes

EVENT = {
    "source": "aws.ec2",
    "detail": {"state": "stopped", "count": 7, "ip": "10.0.0.9", "tags": ["a", "b"], "flag": True, "none": None},
    "resources": [{"type": "x", "id": 1}, {"type": "y", "id": 2}],
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({}, True),
        ({"source": ["aws.ec2", "aws.s3"]}, True),
        ({"source": ["AWS.EC2"]}, False),
        ({"source": [{"prefix": "aws."}]}, True),
        ({"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}, True),
        ({"source": [{"suffix": ".ec2"}]}, True),
        ({"source": [{"wildcard": "a*.e*2"}]}, True),
        ({"source": [{"wildcard": "a?s.ec2"}]}, False),
        ({"source": [{"equals-ignore-case": "Aws.Ec2"}]}, True),
        ({"source": [{"anything-but": "aws.ec2"}]}, False),
        ({"source": [{"anything-but": ["aws.s3"]}]}, True),
        ({"source": [{"anything-but": {"prefix": "aws"}}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"detail": {"count": [7.0]}}, True),
        ({"detail": {"count": ["7"]}}, False),
        ({"detail": {"count": [{"numeric": [">", 5, "<=", 7]}]}}, True),
        ({"detail": {"count": [{"numeric": ["<", 5]}]}}, False),
        ({"detail": {"flag": [True], "none": [None]}}, True),
        ({"detail": {"flag": [1]}}, False),
        ({"detail": {"tags": ["b"]}}, True),
        ({"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}, True),
        ({"detail": {"ip": [{"exists": False}]}}, False),
        ({"detail": {"gone": [{"exists": False}]}}, True),
        ({"detail": [{"exists": True}]}, False),
        ({"gone": {"deep": [{"exists": False}]}}, True),
        ({"resources": {"type": ["x"], "id": [1]}}, True),
        ({"resources": {"type": ["x"], "id": [2]}}, False),
        ({"$or": [{"source": ["no"]}, {"detail": {"state": ["stopped"]}}]}, True),
        ({"$or": [{"source": ["no"]}, {"detail": {"state": ["running"]}}]}, False),
    ],
)
def test_an_event_pattern(pattern, matches):
    assert event_matches(pattern, EVENT) is matches


@pytest.mark.parametrize(
    "pattern", [{"source": "aws.ec2"}, {"source": []}, {"source": [{"like": "x"}]}, {"source": [{"numeric": [1]}]}]
)
def test_an_event_pattern_that_aws_refuses(pattern):
    with pytest.raises(InvalidPattern):
        event_matches(pattern, EVENT)


@pytest.mark.parametrize(
    ("policy", "scope", "message", "attributes", "passes"),
    [
        ({}, "", "x", {}, True),
        ({"type": ["physical"]}, "MessageAttributes", "x", {"type": "physical"}, True),
        ({"type": ["physical"]}, "MessageAttributes", "x", {"type": "digital"}, False),
        ({"type": ["physical"]}, "MessageAttributes", '{"type": "physical"}', {}, False),
        ({"type": ["physical"]}, "MessageBody", '{"type": "physical"}', {}, True),
        ({"type": ["physical"]}, "MessageBody", "physical", {}, False),
        ({"price": [{"numeric": [">=", 10]}]}, "MessageAttributes", "x", {"price": 12}, True),
        ({"type": [{"exists": False}]}, "MessageAttributes", "x", {}, True),
    ],
)
def test_a_filter_policy(policy, scope, message, attributes, passes):
    assert policy_passes(policy, scope, message, attributes) is passes


LOGIN = json.dumps(
    {"eventName": "ConsoleLogin", "n": 12, "on": True, "off": None, "u": {"type": "Root"}, "l": [{"k": "v"}]}
)


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 400] BAD", True),
        ("error", "[ERROR 400] BAD", False),
        ("ERROR BAD", "[ERROR 400] BAD", True),
        ("?WARN ?ERROR", "[ERROR 400] BAD", True),
        ("?WARN ?INFO", "[ERROR 400] BAD", False),
        ("ERROR -BAD", "[ERROR 400] BAD", False),
        ('"ERROR 400"', "[ERROR 400] BAD", True),
        ('"ERROR  400"', "[ERROR 400] BAD", False),
        ("%ERROR [0-9]{3}%", "[ERROR 400] BAD", True),
        ("{ $.eventName = ConsoleLogin }", LOGIN, True),
        ('{ ($.eventName = "Console*") && ($.u.type = "Root") }', LOGIN, True),
        ('{ ($.eventName = "Other") && ($.u.type = "Root") }', LOGIN, False),
        ('{ $.eventName = "Other" && $.u.type = "x" || $.n > 11 }', LOGIN, True),
        ('{ $.eventName = "Other" && ($.u.type = "x" || $.n > 11) }', LOGIN, False),
        ("{ $.n = 12.0 }", LOGIN, True),
        ("{ $.n >= 13 }", LOGIN, False),
        ("{ $.on IS TRUE && $.off IS NULL }", LOGIN, True),
        ("{ $.gone NOT EXISTS }", LOGIN, True),
        ("{ $.n NOT EXISTS }", LOGIN, False),
        ('{ $.l[0].k = "v" }', LOGIN, True),
        ('{ $.u.type != "IAMUser" }', LOGIN, True),
        ("{ $.eventName = %Login$% }", LOGIN, True),
        ("{ $.eventName = ConsoleLogin }", "ConsoleLogin", False),
        ("[ip, user, status=4*, size>100]", "10.0.0.1 bob 404 512", True),
        ("[ip, user, status=4*, size>100]", "10.0.0.1 bob 404 12", False),
        ("[..., status=404, size]", "10.0.0.1 bob - 404 512", True),
        ("[ip, status]", "10.0.0.1 bob 404", False),
    ],
)
def test_a_filter_pattern_of_logs(pattern, message, matches):
    assert log_matches(pattern, message) is matches


@pytest.mark.parametrize(
    "pattern", ["{ $.a = }", "{ $.a = 1", "{ ($.a = 1 }", "{ a = 1 }", "{ $.a = 1 & $.b = 2 }", "%(a+)+b%", "[a, b"]
)
def test_a_filter_pattern_that_aws_refuses(pattern):
    with pytest.raises(InvalidPattern):
        log_matches(pattern, '{"a": 1}')
