"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""

from typing import Any

from graders import Account, Fail, check, patterns


@check(permissions=["logs:DescribeLogGroups", "logs:DescribeMetricFilters"])
def filter_counts(
    account: Account,
    *,
    group: str,
    namespace: str,
    metric: str,
    counts: list[str],
    ignores: list[str] | None = None,
    value: str = "1",
) -> None:
    """A metric filter of {group} counts the right events in {namespace} {metric}.

    `counts` are log events (text or JSON) that one filter must pick, `ignores` such that it must not; `value` is what it
    publishes for each, "" for any. The pattern is computed, in whatever form it is written. Any filter of the group.
    """
    patterns.the_log_group(account, group)
    everywhere = account.read("logs", "describe_metric_filters").get("metricFilters", [])
    judged = [_shortcoming(one, group, namespace, metric, counts, ignores or [], value) for one in everywhere]
    if None in judged:
        return
    said, values = min((one for one in judged if one is not None), key=lambda one: one[0], default=((9, ""), {}))
    raise Fail(
        said[1] or "The log group {group} has no metric filter.",
        looked_at="the metric filters of {group}",
        needed="A filter that publishes {value} to {namespace} {metric} for the events meant, and for no other.",
        try_="aws logs test-metric-filter shows what a pattern picks.",
        counterexample=values.get("shown", ""),
        group=group,
        namespace=namespace,
        metric=metric,
        value=value or "a value",
        filter=values.get("filter", ""),
        other=values.get("other", ""),
        event=values.get("event", ""),
    )


def _shortcoming(
    one: dict[str, Any], group: str, namespace: str, metric: str, counts: list[str], ignores: list[str], value: str
) -> tuple[tuple[int, str], dict[str, str]] | None:
    """((distance from right, sentence), values); None when it does all that is asked."""
    values = {"filter": one["filterName"]}
    made: dict[str, Any] = next(iter(one.get("metricTransformations", [])), {})
    named = f"{made.get('metricNamespace', '')} {made.get('metricName', '')}"
    if one["logGroupName"] != group:
        near = named == f"{namespace} {metric}"
        said = "The metric filter {filter} is on {other}, not on {group}."
        return (5 if near else 8, said), values | {"other": one["logGroupName"]}
    if named != f"{namespace} {metric}":
        return (4, "The metric filter {filter} publishes to {other}."), values | {"other": named}
    try:
        missed = next((event for event in counts if not patterns.log_matches(one["filterPattern"], event)), None)
        taken = next((event for event in ignores if patterns.log_matches(one["filterPattern"], event)), None)
    except patterns.InvalidPattern as error:
        return (3, "The pattern of {filter} cannot be used: {other}."), values | {"other": str(error)}
    if missed is not None:
        shown = "{event} is not counted."
        return (2, "The metric filter {filter} misses an event."), values | {"event": missed, "shown": shown}
    if taken is not None:
        shown = "{event} is counted."
        return (1, "The metric filter {filter} counts too much."), values | {"event": taken, "shown": shown}
    if value and made.get("metricValue") != value:
        return (0, "The metric filter {filter} publishes {other} for each event."), values | {
            "other": str(made.get("metricValue"))
        }
    return None
