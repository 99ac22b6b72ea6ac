import pytest


@pytest.fixture
def group(account):
    """`group(name, days=…, region=…)` makes a log group."""

    def group(name="/acme/web", days=None, region=None):
        logs = account.client("logs", region)
        logs.create_log_group(logGroupName=name)
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)

    return group


@pytest.fixture
def metric_filter(account):
    """`metric_filter(pattern, …)` puts a filter on /acme/web that counts in Acme Errors."""

    def metric_filter(pattern, name="errors", group="/acme/web", namespace="Acme", metric="Errors", value="1"):
        account.client("logs").put_metric_filter(
            logGroupName=group,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[{"metricNamespace": namespace, "metricName": metric, "metricValue": value}],
        )

    return metric_filter
