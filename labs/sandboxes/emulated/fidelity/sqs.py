"""SQS: what SetQueueAttributes does not name stays as it is.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

from typing import Any

from moto.sqs.models import Queue


def install() -> None:
    """Keep a queue's policy over a change of its other attributes: moto forgets it."""
    change = Queue._set_attributes

    def change_and_keep(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        kept = self.policy if "_policy_json" in self.__dict__ else None
        change(self, attributes, now)
        if "Policy" not in attributes:
            self.policy = kept

    Queue._set_attributes = change_and_keep
