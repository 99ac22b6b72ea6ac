"""https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html"""

from typing import Any

from graders import Account, Fail, alarms, check, messaging, patterns

Gap = tuple[int, str, dict[str, Any]]


@check(
    permissions=[
        *alarms.PERMISSIONS,
        *messaging.TOPIC_PERMISSIONS,
        *messaging.SUBSCRIPTION_PERMISSIONS,
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "logs:DescribeMetricFilters",
    ]
)
def trail_event_alarmed(account: Account, *, event: str, quiet: str = "") -> None:
    """Somebody is told when the API call of the task happens.

    `event` is CloudTrail's record of it as JSON, `quiet` one that must tell nobody. The whole way: a trail that logs into
    a log group, a metric filter of that group whose pattern (computed) picks the record, an alarm that one such record
    sets off, and a confirmed subscriber of a topic that the alarm may publish to.
    """
    groups = _fed_groups(account)
    gaps: list[Gap] = []
    for one in account.read("logs", "describe_metric_filters").get("metricFilters", []):
        gap = _gap(account, one, groups, event, quiet)
        if gap is None:
            return
        gaps.append(gap)
    _, said, values = max(
        gaps, key=lambda one: one[0], default=(0, "No metric filter looks at the trail's events.", {})
    )
    raise Fail(
        said,
        looked_at="trail → log group {groups} → metric filter → alarm → topic → subscriber",
        needed="A metric filter of the trail's log group, an alarm on its metric, and a confirmed subscriber.",
        try_="aws logs test-metric-filter shows what a pattern picks; go along the way from there.",
        counterexample="{event} happens, and nobody hears of it."
        if said.find("too") < 0
        else "{quiet} tells somebody.",
        groups=sorted(groups),
        event=event,
        quiet=quiet,
        **values,
    )


def _fed_groups(account: Account) -> set[str]:
    """The log groups into which a trail writes now; fails when there is none."""
    trails = account.read("cloudtrail", "describe_trails").get("trailList", [])
    said = "A trail does not exist." if not trails else "No trail sends its events to CloudWatch Logs."
    found, silent = set(), ""
    for one in trails:
        group = str(one.get("CloudWatchLogsLogGroupArn", "")).partition(":log-group:")[2].removesuffix(":*")
        if group and one.get("HomeRegion", account.region) == account.region:
            if account.read("cloudtrail", "get_trail_status", Name=one["TrailARN"]).get("IsLogging"):
                found.add(group)
            else:
                said, silent = "The trail {trail} is not logging: a trail made by the API starts stopped.", one["Name"]
    if found:
        return found
    raise Fail(
        said,
        looked_at="the trails of {region}",
        needed="A trail that logs, with a CloudWatch Logs log group.",
        try_="aws cloudtrail start-logging"
        if silent
        else "aws cloudtrail update-trail --cloud-watch-logs-log-group-arn …",
        trail=silent,
        region=account.region,
    )


def _gap(account: Account, one: dict[str, Any], groups: set[str], event: str, quiet: str) -> Gap | None:
    """(how far it comes, where it ends, values) of the way over a metric filter; None when it arrives."""
    values = {"filter": one["filterName"]}
    try:
        picks = patterns.log_matches(one["filterPattern"], event)
        more = bool(quiet) and patterns.log_matches(one["filterPattern"], quiet)
    except patterns.InvalidPattern as error:
        return 1, "The pattern of {filter} cannot be used: {why}.", values | {"why": str(error)}
    if not picks:
        return 2, "The metric filter {filter} does not pick the event.", values
    if more:
        return 2, "The metric filter {filter} picks other events too.", values
    if one["logGroupName"] not in groups:
        said = "The metric filter {filter} is on {group}, and no trail writes there."
        return 3, said, values | {"group": one["logGroupName"]}
    made = one["metricTransformations"][0]
    namespace, metric = made["metricNamespace"], made["metricName"]
    values |= {"metric": f"{namespace} {metric}"}
    value = float(made["metricValue"]) if made["metricValue"].replace(".", "").isdigit() else 1.0
    watching = [it for it in alarms.all_alarms(account) if alarms.same_metric(it, namespace, metric)]
    if not watching:
        return 4, "No alarm watches {metric}, which {filter} publishes.", values
    series = [None, value, *[None] * 60]
    firing = [it for it in watching if alarms.state_after(it, series, 60) == "ALARM"]
    values |= {"alarm": (firing or watching)[0]["AlarmName"]}
    if not firing:
        return 5, "The alarm {alarm} does not go off at one such event.", values
    topics = [topic for it in firing for topic in alarms.notified(account, it)]
    if not topics:
        return 6, "The alarm {alarm} reaches no topic.", values
    for topic in topics:
        if any(not messaging.waits(account, it) for it in messaging.subscriptions(account, topic)):
            return None
    return 7, "The topic {topic} has no confirmed subscriber.", values | {"topic": topics[0].name}
