import json

import pytest

from tests.graders.checks.events.conftest import QUEUE, RULE

CHECK = "events.rule_delivers"
EVENT = {"source": "aws.ec2", "detail-type": "State", "detail": {"state": "stopped", "count": 3}}
QUIET = EVENT | {"detail": {"state": "running", "count": 3}}
CALL = {"rule": "watch", "event": json.dumps(EVENT), "quiet": json.dumps(QUIET), "target": "inbox"}
PATTERN = {"source": ["aws.ec2"], "detail": {"state": ["stopped"]}}


class TestRight:
    @pytest.mark.parametrize(
        "pattern",
        [
            PATTERN,
            {"detail": {"state": [{"prefix": "stop"}]}},
            {"source": [{"prefix": "aws."}], "detail": {"state": [{"anything-but": ["running"]}]}},
            {"detail": {"state": ["stopped", "terminated"], "count": [{"numeric": [">", 2]}]}},
        ],
    )
    def test_a_pattern_of_the_effect(self, rule, inbox, passes, pattern):
        inbox(condition={"ArnEquals": {"aws:SourceArn": RULE}})
        rule(pattern)
        passes(CHECK, **CALL)

    def test_by_a_role(self, rule, inbox, role, passes):
        inbox(service=None)
        rule(PATTERN, RoleArn=role())
        passes(CHECK, **CALL | {"target": QUEUE})

    def test_a_wider_pattern_where_nothing_must_be_quiet(self, rule, inbox, passes):
        inbox()
        rule({"source": ["aws.ec2"]}, InputPath="$.detail.state")
        passes(CHECK, **CALL | {"quiet": ""})


class TestWrong:
    @pytest.mark.parametrize(
        ("pattern", "words"),
        [
            ({"source": ["AWS.EC2"]}, "does not match the event, by source"),
            ({"detail": {"state": ["Stopped"]}}, "by detail.state"),
            ({"detail": {"count": ["3"]}}, "by detail.count"),
            ({"source": ["aws.ec2"]}, "matches events that it should not"),
        ],
    )
    def test_a_pattern_of_another_effect(self, rule, inbox, fails, pattern, words):
        inbox()
        rule(pattern)
        fails(CHECK, words, **CALL)

    def test_disabled(self, rule, inbox, fails):
        inbox()
        rule(PATTERN, state="DISABLED")
        fails(CHECK, "is disabled", **CALL)

    def test_the_target_keeps_it_out(self, rule, inbox, fails):
        inbox(service="sns.amazonaws.com")
        rule(PATTERN)
        fails(CHECK, "may not use inbox", "lacks sqs:SendMessage", **CALL)

    def test_a_role_of_another_service_or_right(self, rule, inbox, role, fails):
        inbox(service=None)
        rule(PATTERN, RoleArn=role("lambda.amazonaws.com"))
        fails(CHECK, "does not let events.amazonaws.com become it", **CALL)
        rule(PATTERN, RoleArn=role(action="sqs:ReceiveMessage", name="other"))
        fails(CHECK, "lacks sqs:SendMessage", **CALL)

    def test_an_input_path_that_empties_it(self, rule, inbox, fails):
        inbox()
        rule(PATTERN, InputPath="$.detail.gone")
        fails(CHECK, "$.detail.gone of inbox finds nothing", **CALL)


class TestNearMiss:
    def test_another_target(self, rule, inbox, fails):
        inbox()
        rule(PATTERN, target=QUEUE + "-old")
        fails(CHECK, f"it has {QUEUE}-old", **CALL)

    def test_another_name_and_region(self, rule, fails):
        rule(PATTERN, name="watsh", target=None)
        fails(CHECK, "There is watsh", **CALL)
        rule(PATTERN, name="zzz", region="eu-west-1", target=None)
        fails(CHECK, "There is one in eu-west-1", **CALL | {"rule": "zzz"})
