"""Moving a sandbox's time forward: by an order of the platform's, in the journal, through the real host."""

from __future__ import annotations

from typing import Any

import pytest

from labs.sandboxes import Ref, Unavailable
from labs.sandboxes.emulated.provider import EmulatedProvider
from tests.labs.conftest import SandboxHost
from tests.labs.gateway.test_restore import kill_cells

pytestmark = pytest.mark.stack


@pytest.fixture
def provider(sandbox_host: SandboxHost) -> EmulatedProvider:
    url = sandbox_host.base_url
    return EmulatedProvider(control=sandbox_host.control_path, master=sandbox_host.master, endpoint=url)


@pytest.fixture
def ref(sandbox_host: SandboxHost, provider: EmulatedProvider) -> Ref:
    made = sandbox_host.make_sandbox()
    provider.start(made)
    return made


def state(cloudwatch: Any) -> str:
    return str(cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"])


def test_an_alarm_is_evaluated_and_stays_so_after_a_crash(
    sandbox_host: SandboxHost, provider: EmulatedProvider, ref: Ref
) -> None:
    cloudwatch = sandbox_host.client(ref, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 5}])
    then = provider.fast_forward(ref, 120)
    assert state(cloudwatch) == "ALARM"
    kill_cells(sandbox_host)
    assert state(cloudwatch) == "ALARM"
    (row,) = [each for each in sandbox_host.journal(ref) if each["action"] == "FastForward"]
    assert (row["service"], row["source"], row["mutating"]) == ("skylab", "start", True)
    copy = provider.fork(ref)
    assert provider.fast_forward(copy, 5 * 3600) > then + 5 * 3600 - 1
    assert state(sandbox_host.client(copy, "cloudwatch")) == "INSUFFICIENT_DATA"
    assert state(cloudwatch) == "ALARM"
    provider.stop(copy)


def test_what_is_no_time_is_refused(provider: EmulatedProvider, ref: Ref) -> None:
    with pytest.raises(Unavailable, match="seconds must be a number"):
        provider.fast_forward(ref, -1)
    with pytest.raises(Unavailable, match="no live sandbox"):
        provider.fast_forward(Ref(999_999, 1, "000000000000", "us-east-1"), 60)
