"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html"""

from graders import Account, Fail, check, nearby


@check(permissions=["cloudwatch:ListMetrics"])
def metric_published(
    account: Account,
    *,
    namespace: str,
    metric: str,
    dimensions: list[str] | None = None,
    values: dict[str, str] | None = None,
) -> None:
    """The metric {metric} has been published in {namespace}.

    `dimensions`: the names of its dimensions, all of them and no other ([] for none, unset: any); `values`: what some of
    them must be. One of several series is enough. The unit is the alarm's affair (alarm_watches).
    """
    listed = account.read("cloudwatch", "list_metrics").get("Metrics", [])
    series = [
        {it["Name"]: it["Value"] for it in one.get("Dimensions", [])}
        for one in listed
        if (one["Namespace"], one["MetricName"]) == (namespace, metric)
    ]
    if any(
        (dimensions is None or set(one) == set(dimensions)) and (values or {}).items() <= one.items() for one in series
    ):
        return
    names = {f"{one['Namespace']} {one['MetricName']}" for one in listed}
    raise Fail(
        "The metric {metric} is published with the dimensions {found_with}."
        if series
        else "The metric {namespace} {metric} does not exist.{hint}",
        looked_at="the metrics of {region}",
        needed="{namespace} {metric}" + (" with the dimensions {wanted}." if dimensions or values else "."),
        try_="aws cloudwatch put-metric-data --namespace {namespace} --metric-data …",
        counterexample="An alarm on {namespace} {metric} sees no data.",
        namespace=namespace,
        metric=metric,
        region=account.region,
        hint="" if series else nearby.almost(f"{namespace} {metric}", names),
        found_with=["+".join(f"{name}={value}" for name, value in one.items()) or "no dimension" for one in series],
        wanted=[*(dimensions or []), *(f"{name}={value}" for name, value in (values or {}).items())],
    )
