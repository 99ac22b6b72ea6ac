"""What a function writes goes to CloudWatch Logs, where its role may write there.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html ("your function's execution role needs
permission to upload logs")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.logs.models import logs_backends

from labs.sandboxes.emulated import inner
from labs.sandboxes.emulated.errors import AwsError

__all__ = ["write"]


def write(function: Any, group: str, stream: str, lines: Sequence[str], *, begun: float, ended: float) -> None:
    """Put the lines into the function's stream; make what is missing. Says nothing where the role may not."""
    role, name, region = function.role, function.function_name, function.region
    groups = logs_backends[function.account_id][region].groups
    try:
        if group not in groups:
            inner.call_as(role, name, "logs", "CreateLogGroup", region=region, logGroupName=group)
        if stream not in groups[group].streams:
            inner.call_as(
                role, name, "logs", "CreateLogStream", region=region, logGroupName=group, logStreamName=stream
            )
        events = [
            {"timestamp": int((begun if place < len(lines) - 2 else ended) * 1000), "message": line}
            for place, line in enumerate(lines)
        ]
        inner.call_as(
            role,
            name,
            "logs",
            "PutLogEvents",
            region=region,
            logGroupName=group,
            logStreamName=stream,
            logEvents=events,
        )
    except (AwsError, KeyError):
        return
