"""DynamoDB: items whose time to live is over go, at the next full minute; a stream that was turned off can be turned on.

AWS takes up to some days; reads and queries show an expired item until then, there as here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html (numbers only, of the
last five years)
"""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Iterator
from typing import Any, Final

from moto.dynamodb.exceptions import MockValidationException, StreamAlreadyEnabledException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.hooks import Answer, Call, after

_OLDEST: Final = 5 * 365 * 86_400
_MINUTE: Final = 60


def install() -> None:
    """Let expired items go as time goes by, and streams be turned off and on."""
    timeline.source(_due, _expire)
    DynamoDBBackend.update_table_streams = _update_streams
    update_table = DynamoDBBackend.update_table

    def update_and_keep(self: Any, name: str, attr_definitions: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the attributes that a new index needs; moto would forget those of the other keys."""
        if attr_definitions:
            named = {one["AttributeName"] for one in attr_definitions}
            kept = [one for one in self.get_table(name).attr if one["AttributeName"] not in named]
            attr_definitions = [*kept, *attr_definitions]
        defined = {one["AttributeName"] for one in attr_definitions or self.get_table(name).attr}
        for update in kwargs.get("global_index", args[0] if args else None) or []:
            keys = [one["AttributeName"] for one in update.get("Create", {}).get("KeySchema", [])]
            if not defined.issuperset(keys):
                raise MockValidationException(
                    "One or more parameter values were invalid: Some index key attributes are not defined in "
                    f"AttributeDefinitions. Keys: [{', '.join(keys)}], "
                    f"AttributeDefinitions: [{', '.join(sorted(defined))}]"
                )
        return update_table(self, name, attr_definitions, *args, **kwargs)

    DynamoDBBackend.update_table = update_and_keep


def _update_streams(_: Any, table: Any, stream_specification: dict[str, Any]) -> None:
    """Turn a stream on or off. For moto, a table that had a stream once has it for ever.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html
    """
    is_on = (table.stream_specification or {}).get("StreamEnabled")
    if stream_specification.get("StreamEnabled"):
        if is_on:
            raise StreamAlreadyEnabledException
    elif stream_specification.get("StreamViewType"):
        raise MockValidationException("One or more parameter values were invalid: no StreamViewType without a stream")
    table.set_stream_specification(stream_specification)


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


@after("dynamodb", "*")
def capacity_is_told_to_whoever_asks(call: Call, answer: Answer) -> None:
    """Leave out what a call consumed, unless ReturnConsumedCapacity asks for it; moto tells it now and then.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
    """
    if b"ConsumedCapacity" not in answer.body or call.parameters.get("ReturnConsumedCapacity", "NONE") != "NONE":
        return
    told = json.loads(answer.body)
    if told.pop("ConsumedCapacity", None) is not None:
        answer.body = json.dumps(told).encode()
        for name in answer.headers:
            if name.lower() == "x-amz-crc32":
                answer.headers[name] = str(binascii.crc32(answer.body))
