import pytest

from graders import Outcome
from tests.graders.checks.cloudwatch.test_alarm_watches import NO_METRIC, QUERY

CHECK = "cloudwatch.alarm_fires_when"
BREACH = ["10"] * 5 + ["95"] * 5
SPIKE = ["10"] * 5 + ["95"] + ["10"] * 4
GONE = ["10"] * 5 + ["-"] * 30
CALL = {"alarm": "cpu-high", "series": BREACH}


class TestRight:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"Period": 60, "EvaluationPeriods": 5},
            {"Period": 60, "EvaluationPeriods": 5, "DatapointsToAlarm": 3},
            {"Threshold": 81, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            {"Statistic": None, "ExtendedStatistic": "p90"},
            NO_METRIC | {"Metrics": [QUERY]},
        ],
    )
    def test_an_alarm_of_the_effect(self, alarm, passes, changes):
        alarm(**changes)
        passes(CHECK, **CALL, namespace="AWS/EC2", metric="CPUUtilization", dimensions={"InstanceId": "i-1"})
        passes(CHECK, **CALL | {"series": ["10"] * 10}, fires=False)

    def test_absence_is_the_fault(self, alarm, passes):
        alarm(TreatMissingData="breaching")
        passes(CHECK, **CALL | {"series": GONE})

    def test_a_spike_is_none(self, alarm, passes):
        alarm(Period=60, EvaluationPeriods=5)
        passes(CHECK, **CALL | {"series": SPIKE}, fires=False)

    def test_a_sum_counts_over_its_period(self, alarm, passes):
        alarm(Statistic="Sum", Threshold=5)
        passes(CHECK, **CALL | {"series": ["0"] * 5 + ["2"] * 5})


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "series", "fires", "words"),
        [
            ({"ComparisonOperator": "LessThanThreshold"}, ["95"] * 10, True, "does not fire"),
            ({"EvaluationPeriods": 3}, BREACH, True, "does not fire"),
            ({"Period": 60, "EvaluationPeriods": 10, "DatapointsToAlarm": 8}, BREACH, True, "does not fire"),
            ({"Threshold": 99}, BREACH, True, "ends as OK"),
            ({"Statistic": "Minimum"}, ["10"] * 5 + ["95", "10", "95", "95", "95"], True, "does not fire"),
            ({"Statistic": "Sum"}, ["30"] * 10, False, "fires, and should not"),
            ({"Period": 60}, SPIKE, False, "fires, and should not"),
            ({"TreatMissingData": "notBreaching"}, GONE, True, "ends as OK"),
            ({"TreatMissingData": "missing"}, GONE, True, "INSUFFICIENT_DATA"),
            ({"TreatMissingData": "ignore"}, GONE, True, "ends as OK"),
            ({"TreatMissingData": "breaching"}, GONE, False, "fires, and should not"),
        ],
    )
    def test_an_alarm_of_another_effect(self, alarm, fails, changes, series, fires, words):
        alarm(**changes)
        fails(CHECK, words, alarm="cpu-high", series=series, fires=fires)

    def test_a_dimension_that_nobody_publishes(self, alarm, fails):
        alarm()
        fails(CHECK, "wait for data for ever", **CALL, dimensions={"InstanceId": "i-2"})

    def test_an_expression_is_undecided(self, alarm, grade):
        twice = {"Id": "e1", "Expression": "m1 * 1", "ReturnData": True}
        alarm(**NO_METRIC, Metrics=[QUERY | {"ReturnData": False}, twice])
        assert grade(CHECK, **CALL).outcome is Outcome.ERROR


class TestNearMiss:
    def test_another_metric_is_named(self, alarm, fails):
        alarm(MetricName="CpuUtilization")
        fails(CHECK, "watches AWS/EC2 CpuUtilization", **CALL, namespace="AWS/EC2", metric="CPUUtilization")

    def test_another_region_is_pointed_out(self, alarm, fails):
        alarm(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **CALL)
