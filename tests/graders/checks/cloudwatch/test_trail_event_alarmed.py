import json

import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "cloudwatch.trail_event_alarmed"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:security"
ROOT = json.dumps({"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}})
USER = json.dumps({"eventName": "ConsoleLogin", "userIdentity": {"type": "IAMUser"}})
CALL = {"event": ROOT, "quiet": USER}
PATTERN = '{ $.userIdentity.type = "Root" }'


@pytest.fixture
def way(account, alarm):
    """`way(pattern, …)` builds all of it, from the trail to the subscriber."""

    def way(pattern=PATTERN, group="/audit", logging=True, metric="Root", subscribed=True, value="1", **changes):
        logs, trails, sns = (account.client(one) for one in ("logs", "cloudtrail", "sns"))
        for name in ("/audit", "/other"):
            logs.create_log_group(logGroupName=name)
        account.client("s3").create_bucket(Bucket="trail")
        trails.create_trail(
            Name="audit",
            S3BucketName="trail",
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/audit:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/trail",
        )
        if logging:
            trails.start_logging(Name="audit")
        if pattern is not None:
            made = {"metricNamespace": "Security", "metricName": "Root", "metricValue": value}
            logs.put_metric_filter(
                logGroupName=group, filterName="root", filterPattern=pattern, metricTransformations=[made]
            )
        sns.create_topic(Name="security")
        if subscribed:
            sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@acme.example")
        given = {
            "Namespace": "Security",
            "MetricName": metric,
            "Dimensions": None,
            "Statistic": "Sum",
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "AlarmActions": [TOPIC],
        }
        alarm("root-activity", **given | changes)

    return way


class TestRight:
    @pytest.mark.parametrize(
        "pattern",
        [
            PATTERN,
            '{($.eventName = "ConsoleLogin") && ($.userIdentity.type = "Root") && ($.x NOT EXISTS)}',
            '{ ($.userIdentity.type = "Root") || ($.eventName = "DeleteTrail") }',
        ],
    )
    def test_a_pattern_of_the_effect(self, way, passes, pattern):
        way(pattern)
        passes(CHECK, **CALL)

    def test_above_zero_and_missing_is_well(self, way, passes):
        way(Threshold=0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", Period=60)
        passes(CHECK, **CALL)

    def test_more_than_is_asked(self, way, passes):
        way("")
        passes(CHECK, event=ROOT)


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"pattern": '{ $.userIdentity.type = "Root" && $.eventName = "Other" }'}, "does not pick the event"),
            ({"pattern": "ConsoleLogin"}, "picks other events too"),
            ({"pattern": None}, "No metric filter"),
            ({"group": "/other"}, "no trail writes there"),
            ({"metric": "Other"}, "No alarm watches Security Root"),
            ({"Threshold": 5}, "does not go off at one such event"),
            ({"value": "0"}, "does not go off at one such event"),
            ({"AlarmActions": []}, "reaches no topic"),
            ({"ActionsEnabled": False}, "reaches no topic"),
            ({"subscribed": False}, "has no confirmed subscriber"),
        ],
    )
    def test_the_way_ends(self, way, fails, changes, words):
        way(**changes)
        fails(CHECK, words, **CALL)


class TestNearMiss:
    def test_a_trail_that_was_never_started(self, way, fails):
        way(logging=False)
        fails(CHECK, "audit is not logging", **CALL)

    def test_the_value_in_another_case(self, way, fails):
        way('{ $.userIdentity.type = "root" }')
        fails(CHECK, "root does not pick the event", **CALL)
