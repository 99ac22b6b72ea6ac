import json

import pytest

CHECK = "cloudwatch.dashboard_shows"
CALL = {"dashboard": "web-health", "metrics": ["AWS/EC2 CPUUtilization", "App PageLoadTime"]}
CPU = ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1"]
PAGE = ["App", "PageLoadTime", "Page", "home"]


@pytest.fixture
def dashboard(account):
    """`dashboard([row, …], …)`: a widget each."""

    def dashboard(*widgets, name="web-health", kind="metric"):
        made = [{"type": kind, "properties": {"metrics": rows, "region": "us-east-1"}} for rows in widgets]
        account.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": made}))

    return dashboard


class TestRight:
    def test_a_widget_each(self, dashboard, passes):
        dashboard([CPU], [PAGE])
        passes(CHECK, **CALL)

    def test_rows_that_repeat(self, dashboard, passes):
        dashboard([["AWS/EC2", "NetworkIn", "InstanceId", "i-1"], [".", "CPUUtilization", ".", "."], PAGE])
        passes(CHECK, **CALL)
        dashboard([CPU, ["...", "i-2"], PAGE, ["...", {"stat": "p90"}]])
        passes(CHECK, **CALL)

    def test_by_a_search(self, dashboard, passes):
        search = "SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\"', 'Average', 300)"
        dashboard([[{"expression": search}], PAGE])
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        "rows", [[CPU], [PAGE], [[*CPU, {"visible": False}], PAGE], [["AWS/EC2", "NetworkIn"], PAGE]]
    )
    def test_one_is_not_shown(self, dashboard, fails, rows):
        dashboard(rows)
        fails(CHECK, "does not show", **CALL)

    def test_a_text(self, dashboard, fails):
        dashboard([CPU, PAGE], kind="text")
        fails(CHECK, "does not show AWS/EC2 CPUUtilization", **CALL)


class TestNearMiss:
    def test_another_case(self, dashboard, fails):
        dashboard([CPU, ["App", "PageloadTime"]])
        fails(CHECK, "It shows App PageloadTime", **CALL)

    def test_another_name(self, dashboard, fails):
        dashboard([CPU], name="web-helth")
        fails(CHECK, "There is web-helth", **CALL)
