import pytest

from graders import Outcome
from tests.graders.checks.cloudwatch.conftest import WATCH

CHECK = "cloudwatch.alarm_watches"
QUERY = {
    "Id": "m1",
    "ReturnData": True,
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
        },
        "Period": 300,
        "Stat": "Average",
    },
}
NO_METRIC = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
RIGHT = {
    "as told": {},
    ">=": {"ComparisonOperator": "GreaterThanOrEqualToThreshold"},
    "a near threshold": {"Threshold": 81},
    "five minutes of one": {"Period": 60, "EvaluationPeriods": 5},
    "one of three": {"EvaluationPeriods": 3, "DatapointsToAlarm": 1},
    "five of ten": {"Period": 60, "EvaluationPeriods": 10, "DatapointsToAlarm": 5},
    "with its unit": {"Unit": "Percent"},
    "missing data breaches": {"TreatMissingData": "breaching"},
    "as a query": NO_METRIC | {"Metrics": [QUERY]},
}
WRONG = {
    "less": ({"ComparisonOperator": "LessThanThreshold"}, "would not fire at 84"),
    "too high": ({"Threshold": 90}, "would not fire at 84"),
    "too low": ({"Threshold": 50}, "would fire at 76"),
    "the sum": ({"Statistic": "Sum"}, "statistic is Sum"),
    "the maximum": ({"Statistic": "Maximum"}, "statistic is Maximum"),
    "too slow": ({"EvaluationPeriods": 2}, "needs 2 × 300 s"),
    "too quick": ({"Period": 60}, "fires after 60 s already"),
    "three of five": ({"Period": 60, "EvaluationPeriods": 5, "DatapointsToAlarm": 3}, "fires after 180 s"),
    "another instance": (
        {"Dimensions": [{"Name": "InstanceId", "Value": "i-2"}]},
        "InstanceId=i-2, not InstanceId=i-1",
    ),
    "no dimension": ({"Dimensions": None}, "dimensions are none"),
    "another metric": ({"MetricName": "NetworkIn"}, "AWS/EC2 NetworkIn"),
    "another case": ({"Namespace": "AWS/ec2"}, "capital letters count"),
    "another unit": ({"Unit": "Count"}, "comes in Percent"),
}


CUSTOM = {"namespace": "Acme/Directory", "metric": "Http5xx", "dimensions": {}, "statistic": "Sum", "threshold": 10}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_an_alarm_of_the_same_effect(self, alarm, passes, name):
        alarm(**RIGHT[name])
        passes(CHECK, **WATCH)

    def test_one_right_alarm_among_others_is_enough_unless_a_name_is_given(self, alarm, passes, fails):
        alarm("other", Threshold=10)
        alarm()
        passes(CHECK, **WATCH)
        passes(CHECK, **WATCH, alarm="cpu-high")
        fails(CHECK, "would fire at 76", **WATCH, alarm="other")

    @pytest.mark.parametrize(
        ("changes", "right"),
        [
            ({"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1}, True),
            ({"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0}, True),
            ({"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1}, False),
            ({"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 0}, False),
        ],
    )
    def test_counts_are_judged_to_the_unit(self, alarm, grade, changes, right):
        alarm(Namespace="AWS/Lambda", MetricName="Errors", Dimensions=None, Statistic="Sum", **changes)
        wanted = WATCH | {
            "namespace": "AWS/Lambda",
            "metric": "Errors",
            "dimensions": {},
            "statistic": "Sum",
            "comparison": "GreaterThanOrEqualToThreshold",
            "threshold": 1,
        }
        assert grade(CHECK, **wanted).outcome is (Outcome.PASSED if right else Outcome.FAILED)

    def test_too_little_can_be_watched_too(self, alarm, passes, fails):
        alarm(MetricName="FreeStorageSpace", ComparisonOperator="LessThanOrEqualToThreshold", Threshold=1000)
        wanted = WATCH | {"metric": "FreeStorageSpace", "comparison": "LessThanThreshold", "threshold": 1000}
        passes(CHECK, **wanted)
        fails(CHECK, "would fire at", **(wanted | {"threshold": 500}))

    @pytest.mark.parametrize("unit", [None, "Count"])
    def test_the_unit_of_a_metric_of_ones_own(self, alarm, passes, fails, unit):
        alarm(
            Namespace="Acme/Directory", MetricName="Http5xx", Dimensions=None, Statistic="Sum", Threshold=10, Unit=unit
        )
        passes(CHECK, **WATCH | CUSTOM, unit="Count")
        if unit:
            fails(CHECK, "its unit is Count, and Http5xx comes in Percent", **WATCH | CUSTOM, unit="Percent")


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_an_alarm_of_another_effect(self, alarm, fails, name):
        changes, words = WRONG[name]
        alarm(**changes)
        fails(CHECK, words, "The alarm cpu-high", **WATCH)

    def test_all_that_is_wrong_is_told_at_once(self, alarm, fails):
        alarm(Statistic="Maximum", Threshold=95, EvaluationPeriods=3)
        fails(CHECK, "statistic is Maximum", "needs 3 × 300 s", "would not fire at 84", **WATCH)

    def test_a_unit_in_a_query_counts_as_well(self, alarm, fails):
        query = QUERY | {"MetricStat": QUERY["MetricStat"] | {"Unit": "Bytes"}}
        alarm(**NO_METRIC, Metrics=[query])
        fails(CHECK, "its unit is Bytes, and CPUUtilization comes in Percent", **WATCH)

    def test_a_unit_that_does_not_exist_is_an_authors_mistake(self):
        from graders import CheckCall, registry

        assert "unit" in registry.validate(CheckCall(CHECK, WATCH | {"unit": "count"}))[0]

    def test_an_expression_cannot_be_judged_and_costs_nothing(self, alarm, grade):
        twice = {"Id": "e1", "Expression": "m1 * 1", "ReturnData": True}
        alarm(**NO_METRIC, Metrics=[QUERY | {"ReturnData": False}, twice])
        assert grade(CHECK, **WATCH).outcome is Outcome.ERROR

    def test_a_comparison_that_does_not_exist_is_an_authors_mistake(self):
        from graders import CheckCall, registry

        assert (
            "must be one of GreaterThanThreshold" in registry.validate(CheckCall(CHECK, WATCH | {"comparison": ">"}))[0]
        )


class TestNearMiss:
    def test_another_region_is_pointed_out(self, alarm, fails):
        alarm(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **WATCH)
