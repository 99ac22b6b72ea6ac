"""Quotas: a call that would make more of something than an account may have is refused as AWS refuses it (quotas.py).

And our own ceiling, so that nobody eats the host: 2,000 resources of any kind; 10,000 objects, items and messages;
50,000 data points and log events. A walk over all of moto's state counts them, at the more calls' distance the more
room there is. The count depends on the state alone, so a replay comes to the same.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, Final

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import BaseModel
from moto.iam.models import AWSManagedPolicy
from moto.ssm.models import Parameter

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.parameters import is_mutating
from labs.sandboxes.emulated.quotas import QUOTAS, Quota
from labs.sandboxes.emulated.services import supported
from labs.sandboxes.emulated.world import WORLD

__all__ = ["CEILINGS", "weigh"]

# What it is called, and how many there may be.
CEILINGS: Final = (
    ("resources of any kind", 2_000),
    ("objects, items and messages", 10_000),
    ("data points and log events", 50_000),
)
# moto's classes that are no resources, and which ceiling counts them.
_OF_CEILING: Final = {
    **dict.fromkeys(("FakeKey", "FakeDeleteMarker", "FakePart", "Item", "StreamRecord", "Message", "Record"), 1),
    **dict.fromkeys(("AssumedRole", "DeliveryStreamRecord", "FakeInvocation"), 1),
    **dict.fromkeys(("MetricDatum", "MetricAggregatedDatum", "LogEvent", "Event"), 2),
}
# Of a ceiling's room, the share that one call may use up before it is counted anew: a call may make many things.
_SHARE: Final = 20
_SHRINKS: Final = (
    *("Delete", "Terminate", "Remove", "Detach", "Disassociate", "Release", "Revoke", "Untag", "Deregister", "Cancel"),
    *("Stop", "Unsubscribe", "Purge", "Disable", "Abort", "Receive", "Reset", "Update", "Modify", "Set", "Reboot"),
)


def install() -> None:
    """Stand before every call of every service that we play."""
    by_operation: dict[tuple[str, str], list[Quota]] = defaultdict(list)
    for quota in QUOTAS:
        for operation in quota.operations:
            by_operation[quota.service, operation].append(quota)
    for (service, operation), quotas in by_operation.items():
        before(service, operation)(_keeper(quotas))
    for each in supported():
        before(each.name, "*")(stay_below_the_ceiling)
        after(each.name, "*")(count_the_call)


def _keeper(quotas: list[Quota]) -> Any:
    def keep(call: Call) -> None:
        for quota in quotas:
            message = quota.refuses(call)
            if message:
                raise AwsError(quota.code, message, quota.status)

    return keep


def stay_below_the_ceiling(call: Call) -> None:
    """Refuse what makes more where the sandbox is full. Raises AwsError in our own words: AWS has no such quota."""
    if WORLD.room > 0 or not _grows(call):
        return
    full, WORLD.room = _measure()
    if full is None:
        return
    what, most = CEILINGS[full]
    message = (
        f"This sandbox holds at most {most:,} {what}: a ceiling of Skylab's own, not a quota of AWS. "
        "Delete what you no longer need, or reset the sandbox."
    )
    # Not LimitExceededException: SDKs take that for throttling, and try again and again.
    raise AwsError("ServiceQuotaExceededException", message, 400)


def count_the_call(call: Call, answer: Answer) -> None:
    """Take note that something may have been made."""
    if _grows(call):
        WORLD.room -= 1


def _grows(call: Call) -> bool:
    operation = call.operation
    if operation.name.startswith(_SHRINKS) or not is_mutating(operation):
        return False
    if operation.name == "ChangeResourceRecordSets":
        changes = (call.parameters.get("ChangeBatch") or {}).get("Changes") or []
        return any(each.get("Action") != "DELETE" for each in changes)
    return True


def _measure() -> tuple[int | None, int]:
    """Return which ceiling is reached, if any, and how many calls may pass before it is measured again."""
    there = weigh()
    for index, (_, most) in enumerate(CEILINGS):
        if there[index] >= most:
            return index, 0
    return None, max(1, min((most - held) // _SHARE for held, (_, most) in zip(there, CEILINGS, strict=True)))


def weigh() -> tuple[int, ...]:
    """Return how much there is below each ceiling: every object of moto's models that is reached from its backends."""
    counts = [0] * len(CEILINGS)
    seen: set[int] = set()
    waiting: list[Any] = list(_roots())
    while waiting:
        one = waiting.pop()
        kind = type(one)
        way = _ways.get(kind)
        if way is None:
            way = _ways[kind] = _way_of(kind)
        if way == _SKIP or id(one) in seen:
            continue
        seen.add(id(one))
        if way == _MAP:
            waiting += dict.values(one)
        elif way == _LIST:
            waiting += one
        else:
            waiting += getattr(one, "__dict__", {}).values()
        if way >= 0 and not _is_of_aws(one):
            counts[way] += 1
    return tuple(counts)


# How an object is walked: an index of CEILINGS for what is counted (and walked by its attributes), or one of these.
_SKIP, _MAP, _LIST, _OBJECT = -1, -2, -3, -4
_ways: dict[type, int] = {}


def _way_of(kind: type) -> int:
    # Backends are walked by themselves; AWS's own policies are shared by all sandboxes.
    if issubclass(kind, (type, BaseBackend, BackendDict, AWSManagedPolicy)):
        return _SKIP
    if issubclass(kind, dict):
        return _MAP
    if issubclass(kind, (list, tuple, set, frozenset, deque)):
        return _LIST
    if issubclass(kind, BaseModel):
        return _OF_CEILING.get(kind.__name__, 0)
    return _OBJECT if kind.__module__.startswith("moto.") else _SKIP


def _is_of_aws(one: BaseModel) -> bool:
    """Return whether it is one of the parameters that AWS publishes: moto reads them all when one is asked for."""
    return isinstance(one, Parameter) and one.name.startswith("/aws/")


def _roots() -> Iterator[Any]:
    for registry in BackendDict._instances:
        for regions in registry.values():
            for backend in regions.values():
                yield from vars(backend).values()
