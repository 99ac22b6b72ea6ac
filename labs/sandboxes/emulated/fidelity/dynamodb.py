"""DynamoDB: items whose time to live is over go, at the next full minute.

AWS takes up to some days; reads and queries show an expired item until then, there as here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html (numbers only, of the
last five years)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from moto.dynamodb.models import dynamodb_backends

from labs.sandboxes.emulated import timeline

_OLDEST: Final = 5 * 365 * 86_400
_MINUTE: Final = 60


def install() -> None:
    """Let expired items go as time goes by."""
    timeline.source(_due, _expire)


def _tables() -> Iterator[tuple[Any, str]]:
    for account in sorted(dynamodb_backends):
        for _, backend in sorted(dict.items(dynamodb_backends[account])):
            for table in list(backend.tables.values()):
                if table.ttl.get("TimeToLiveStatus") == "ENABLED":
                    yield table, str(table.ttl["AttributeName"])


def _expiring(table: Any, attribute: str) -> Iterator[tuple[float, Any]]:
    """Yield the items that will go, each with the full minute after its time."""
    for item in table.all_items():
        held = item.attrs.get(attribute)
        if held is not None and held.type == "N":
            yield (math.floor(float(held.value) / _MINUTE) + 1) * _MINUTE, item


def _due(since: float) -> float | None:
    following = (math.floor(since / _MINUTE) + 1) * _MINUTE
    moments = [
        max(at, following)
        for table, attribute in _tables()
        for at, _ in _expiring(table, attribute)
        if at > since - _OLDEST
    ]
    return min(moments, default=None)


def _expire(at: float) -> None:
    for table, attribute in _tables():
        for moment, item in list(_expiring(table, attribute)):
            if at - _OLDEST < moment <= at:
                table.delete_item(item.hash_key, item.range_key)
