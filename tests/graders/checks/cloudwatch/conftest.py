import pytest


@pytest.fixture
def alarm(account):
    """`alarm(Period=60, …)` makes the alarm cpu-high on the CPU of i-1, five minutes above 80 %."""

    def alarm(name="cpu-high", region=None, **changes):
        options = {
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 80,
            "ComparisonOperator": "GreaterThanThreshold",
        } | changes
        given = {key: value for key, value in options.items() if value is not None}
        account.client("cloudwatch", region).put_metric_alarm(AlarmName=name, **given)

    return alarm


WATCH = {
    "namespace": "AWS/EC2",
    "metric": "CPUUtilization",
    "dimensions": {"InstanceId": "i-1"},
    "statistic": "Average",
    "comparison": "GreaterThanThreshold",
    "threshold": 80,
    "period": 300,
}
