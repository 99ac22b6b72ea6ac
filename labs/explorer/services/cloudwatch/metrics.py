"""Metrics that have data, and dashboards that show them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Json,
    Kind,
    Number,
    Pairs,
    Text,
    Thing,
    Values,
    ask,
    call,
)
from labs.explorer.saying import count, decoded

UNITS = ("None", "Count", "Percent", "Seconds", "Milliseconds", "Bytes", "Megabytes", "Count/Second")


def _metrics(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudwatch", "list_metrics").get("Metrics", []):
        dimensions = [(each["Name"], each["Value"]) for each in one.get("Dimensions", [])]
        name = f"{one['Namespace']} {one['MetricName']}"
        words = ", ".join(f"{key} {value}" for key, value in dimensions)
        yield Thing(f"{name} {words}".strip(), name, (Fact("Of", words or "no dimension"),), data=one)


def _put(v: Values, at: At) -> Iterator[Call]:
    dimensions = [{"Name": name, "Value": value} for name, value in v["dimensions"].items()]
    one: dict[str, Any] = {"MetricName": v["MetricName"], "Value": v["Value"], "Unit": v["Unit"] or "None"}
    if dimensions:
        one["Dimensions"] = dimensions
    yield call("cloudwatch", "put_metric_data", Namespace=v["Namespace"], MetricData=[one])


def _statistics(v: Values, at: At) -> Iterator[Call]:
    data = at.thing.data
    yield call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=data["Namespace"],
        MetricName=data["MetricName"],
        Dimensions=data.get("Dimensions") or None,
        StartTime=v["StartTime"],
        EndTime=v["EndTime"],
        Period=v["Period"],
        Statistics=["Average", "Sum", "Maximum", "SampleCount"],
    )


METRIC = Kind(
    "metric",
    "Metric",
    "Metrics",
    _metrics,
    empty=(
        "A metric is a number over time. AWS's services send theirs; programs "
        "send their own, with dimensions that say what they are of."
    ),
    command=(
        "aws cloudwatch put-metric-data --namespace App --metric-name "
        "PageLoadTime --value 0.4 --unit Seconds --dimensions Page=home"
    ),
    actions=(
        Action(
            "put",
            "Publish a value",
            _put,
            (
                Text("Namespace", "Namespace", required=True, placeholder="App", help="Yours: not AWS/…"),
                Text("MetricName", "Metric", required=True),
                Number("Value", "Value", whole=False, required=True),
                Choice("Unit", "Unit", UNITS, initial="None"),
                Pairs("dimensions", "Of which thing", key="Dimension", value="Value"),
            ),
            new=True,
            verb="Publish",
        ),
        Action(
            "statistics",
            "Show statistics",
            _statistics,
            (
                Text("StartTime", "From", required=True, placeholder="2030-01-31T00:00:00Z"),
                Text("EndTime", "To", required=True, placeholder="2030-01-31T23:59:59Z"),
                Number("Period", "In steps of", initial=300, least=1, unit="seconds", required=True),
            ),
            verb="Show",
        ),
    ),
)


def _dashboards(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudwatch", "list_dashboards").get("DashboardEntries", []):
        yield Thing(
            one["DashboardName"],
            one["DashboardName"],
            (Fact("Size", f"{one.get('Size', '?')} bytes"),),
            one.get("DashboardArn", ""),
            one,
        )


def _dashboard(account: Account, it: Thing) -> Thing:
    body = decoded(ask(account, "cloudwatch", "get_dashboard", DashboardName=it.id).get("DashboardBody"))
    widgets = body.get("widgets", [])
    shown = [
        str(metric[1]) for one in widgets for metric in one.get("properties", {}).get("metrics", []) if len(metric) > 1
    ]
    facts = (Fact("Widgets", count(len(widgets), "widget")), Fact("Shows", ", ".join(shown) or "no metric"))
    return replace(it, facts=(*it.facts, *facts), data={**it.data, "Body": body})


def _widget(v: Values, at: At) -> Iterator[Call]:
    dimensions = [text for pair in v["dimensions"].items() for text in pair]
    made = {
        "type": "metric",
        "width": 12,
        "height": 6,
        "properties": {
            "metrics": [[v["Namespace"], v["MetricName"], *dimensions]],
            "stat": v["stat"],
            "period": 300,
            "region": at.region,
            "title": v["title"] or v["MetricName"],
            "view": "timeSeries",
        },
    }
    body = at.thing.data["Body"]
    wanted = {**body, "widgets": [*body.get("widgets", []), made]}
    yield call("cloudwatch", "put_dashboard", DashboardName=at.thing.id, DashboardBody=json.dumps(wanted))


STARTER = {"widgets": [{"type": "text", "width": 24, "height": 2, "properties": {"markdown": "# What matters"}}]}
DASHBOARD = Kind(
    "dashboard",
    "Dashboard",
    "Dashboards",
    _dashboards,
    detail=_dashboard,
    empty="A dashboard shows graphs of metrics on one page, for people who look together.",
    command="aws cloudwatch put-dashboard --dashboard-name web --dashboard-body file://dashboard.json",
    actions=(
        Action(
            "create",
            "Create dashboard",
            "cloudwatch.put_dashboard",
            (
                Text("DashboardName", "Name", required=True),
                Json("DashboardBody", "Widgets", text=True, required=True, initial=STARTER),
            ),
            new=True,
        ),
        Action(
            "widget",
            "Add graph",
            _widget,
            (
                Text("Namespace", "Namespace", required=True, initial="AWS/EC2"),
                Text("MetricName", "Metric", required=True, initial="CPUUtilization"),
                Pairs("dimensions", "Of which thing", key="Dimension", value="Value"),
                Choice("stat", "Statistic", ("Average", "Sum", "Maximum", "Minimum"), initial="Average", required=True),
                Text("title", "Title"),
            ),
        ),
        Action(
            "edit",
            "Edit as JSON",
            "cloudwatch.put_dashboard",
            (Json("DashboardBody", "Widgets", text=True, required=True),),
            lambda account, at: {"DashboardBody": at.thing.data["Body"]},
            thing="DashboardName",
        ),
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("cloudwatch", "delete_dashboards", DashboardNames=[at.thing.id])],
            danger="Delete the dashboard?",
            verb="Delete",
        ),
    ),
)
