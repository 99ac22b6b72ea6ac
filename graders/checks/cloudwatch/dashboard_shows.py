"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""

import json
from typing import Any

from graders import Account, Fail, check, nearby


@check(permissions=["cloudwatch:ListDashboards", "cloudwatch:GetDashboard"])
def dashboard_shows(account: Account, *, dashboard: str, metrics: list[str]) -> None:
    """The dashboard {dashboard} shows {metrics}.

    Each metric as "AWS/EC2 CPUUtilization", drawn by any widget: in a row of its own, in one that repeats the row above
    (".", "..."), or found by a SEARCH expression. A text that names it, and a row that is not visible, do not count.
    """
    known = [one["DashboardName"] for one in account.read("cloudwatch", "list_dashboards").get("DashboardEntries", [])]
    if dashboard not in known:
        raise Fail(
            "The dashboard {dashboard} does not exist.{hint}",
            looked_at="the dashboards of this account",
            needed="A dashboard named {dashboard}.",
            try_="aws cloudwatch put-dashboard --dashboard-name {dashboard} …",
            dashboard=dashboard,
            hint=nearby.almost(dashboard, known),
        )
    body = json.loads(account.read("cloudwatch", "get_dashboard", DashboardName=dashboard)["DashboardBody"])
    shown: set[str] = set()
    searches = ""
    for widget in body.get("widgets", []):
        rows = widget.get("properties", {}).get("metrics", []) if widget.get("type", "metric") == "metric" else []
        above: list[str] = []
        for row in rows:
            names = [one for one in row if isinstance(one, str)]
            options: dict[str, Any] = next((one for one in row if isinstance(one, dict)), {})
            if names:
                above = _written_out(names, above)
            if options.get("visible") is False:
                continue
            shown |= {" ".join(above[:2])} if names else set()
            searches += f" {options.get('expression', '')}"
    for metric in metrics:
        namespace, _, name = metric.rpartition(" ")
        if metric in shown or ("SEARCH" in searches and namespace in searches and f'MetricName="{name}"' in searches):
            continue
        near = nearby.closest(metric, shown)
        raise Fail(
            "The dashboard {dashboard} does not show {metric}." + (" It shows {near}." if near else ""),
            looked_at="the widgets of {dashboard}",
            needed="A widget of the type metric with {metric}; capital letters count.",
            try_="aws cloudwatch put-dashboard with the metric in a widget's metrics.",
            dashboard=dashboard,
            metric=metric,
            near=near,
        )


def _written_out(names: list[str], above: list[str]) -> list[str]:
    """A row of names with "." (as above) and "..." (all that is left, as above) written out."""
    if "..." in names:
        after = names[names.index("...") + 1 :]
        names = [*names[: names.index("...")], *["."] * (len(above) - len(names) + 1), *after]
    return [above[at] if one == "." and at < len(above) else one for at, one in enumerate(names)]
