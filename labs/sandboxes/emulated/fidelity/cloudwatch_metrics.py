"""CloudWatch: what an alarm sees of its metric, and which state that means.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html: every minute (every 10 seconds, for a
period below one minute) the last periods are looked at, whole ones that end now; a little further back than is evaluated,
so that data points that are missing can be made up for by older ones.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from labs.sandboxes.emulated.fidelity.cloudwatch_math import Expression, Unplayable

__all__ = ["Seen", "look", "next_change", "playable", "step_of"]

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_BEYOND: Final = 2  # data points further back: the page's example looks at 5 to evaluate 3
_PLAIN: Final = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")

Points = list[float | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an alarm saw at one moment: the state that follows, and its data points, the newest first."""

    state: str
    points: tuple[float | None, ...]
    breaching: int
    missing: int


def playable(alarm: Any) -> bool:
    """Return whether this alarm can be evaluated here: not an anomaly band, a search or a query."""
    if alarm.rule is not None or alarm.comparison_operator not in COMPARISONS or alarm.threshold is None:
        return False
    try:
        return bool(_period(alarm)) and all(_playable(query) for query in alarm.metric_data_queries)
    except Unplayable:
        return False


def step_of(alarm: Any) -> int:
    """Return every how many seconds the alarm is evaluated."""
    return 10 if _period(alarm) < 60 else 60


def next_change(backend: Any, alarm: Any, since: float) -> float | None:
    """Return the first evaluation after `since` that may see something else than the one before it."""
    step, period = step_of(alarm), _period(alarm)
    floor = math.floor(since / step) * step
    soonest: float | None = None
    for times in _times(backend, alarm):
        for back in range(_span(alarm) + 1):
            index = bisect_left(times, floor - back * period)
            if index < len(times):
                at = (math.floor((times[index] + back * period) / step) + 1) * step
                soonest = at if soonest is None else min(soonest, at)
    return soonest


def look(backend: Any, alarm: Any, at: float) -> Seen:
    """Evaluate the alarm as of `at`."""
    points = _points(backend, alarm, at)
    wanted = int(alarm.evaluation_periods)
    needs = int(alarm.datapoints_to_alarm or wanted)
    compare, threshold = COMPARISONS[alarm.comparison_operator], float(alarm.threshold)
    real = [each for each in points if each is not None][:wanted]
    bad = [compare(each, threshold) for each in real]
    missing, treated = wanted - len(real), alarm.treat_missing_data or "missing"
    if sum(bad) + (missing if treated == "breaching" else 0) >= needs:
        state = "ALARM"
    elif missing and all(bad) and treated == "ignore":
        state = alarm.state_value
    elif missing and all(bad) and treated == "missing":
        state = "ALARM" if bad else "INSUFFICIENT_DATA"
    else:
        state = "OK"
    return Seen(state, tuple(points), sum(bad), missing)


def _span(alarm: Any) -> int:
    return int(alarm.evaluation_periods) + _BEYOND


def _period(alarm: Any) -> int:
    if not alarm.metric_data_queries:
        return int(alarm.period or 0)
    given = [each.metric_stat.period for each in alarm.metric_data_queries if each.metric_stat]
    given += [each.period for each in alarm.metric_data_queries if each.expression and each.period]
    return max((int(each) for each in given), default=0)


def _playable(query: Any) -> bool:
    if query.metric_stat:
        return query.metric_stat.stat in _PLAIN or _percentile(query.metric_stat.stat) is not None
    Expression(query.expression)
    return True


def _points(backend: Any, alarm: Any, at: float) -> Points:
    """Return the alarm's data points of the periods that end at `at` and before, the newest first."""
    span, period = _span(alarm), _period(alarm)
    if not alarm.metric_data_queries:
        stat = alarm.statistic or alarm.extended_statistic
        return _series(
            backend, alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.unit, stat, period, span, at
        )
    known: dict[str, Points] = {}
    expressions = {}
    shown = None
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            told = query.metric_stat
            metric = told.metric
            known[query.id] = _series(
                backend, metric.namespace, metric.metric_name, metric.dimensions, told.unit, told.stat, period, span, at
            )
        else:
            expressions[query.id] = query.expression
        if str(query.return_data).lower() == "true" or (query.return_data is None and shown is None):
            shown = query.id
    for _ in range(len(expressions)):  # an expression may use another one
        for name, text in expressions.items():
            if name not in known:
                value = Expression(text).value(known, period)
                if value is not None:
                    known[name] = value
    empty: Points = [None] * span
    return known.get(shown or "", empty)


def _series(
    backend: Any,
    namespace: str,
    name: str,
    dimensions: Any,
    unit: str | None,
    stat: str,
    period: int,
    span: int,
    at: float,
) -> Points:
    times, data = _held(backend).get(_key(namespace, name, dimensions), ((), ()))
    points: Points = []
    for back in range(span):
        first, last = bisect_left(times, at - (back + 1) * period), bisect_left(times, at - back * period)
        found = [each for each in data[first:last] if not unit or (each.unit or "None") == unit]
        points.append(_statistic(found, stat) if found else None)
    return points


def _statistic(data: list[Any], stat: str) -> float | None:
    """Return one statistic of metric data (values, and sets of statistics)."""
    sets = [
        (each.sum, each.min, each.max, each.sample_count)
        if hasattr(each, "sample_count")
        else (each.value, each.value, each.value, 1.0)
        for each in data
    ]
    count = sum(each[3] for each in sets)
    match stat:
        case "SampleCount":
            return float(count)
        case "Sum":
            return float(sum(each[0] for each in sets))
        case "Average":
            return float(sum(each[0] for each in sets) / count) if count else None
        case "Minimum":
            return float(min(each[1] for each in sets))
        case "Maximum":
            return float(max(each[2] for each in sets))
    part = _percentile(stat)
    # Of a set of statistics no percentile can be had, unless all its values are the same.
    values = sorted(low for _, low, high, many in sets if low == high for _ in range(int(min(many, 10_000))))
    if part is None or not values:
        return None
    return float(values[max(0, math.ceil(part / 100 * len(values)) - 1)])


def _percentile(stat: str | None) -> float | None:
    """Return 99.9 for "p99.9", None for what is no percentile."""
    try:
        part = float(str(stat)[1:]) if str(stat).startswith("p") else None
    except ValueError:
        return None
    return part if part is not None and 0 <= part <= 100 else None


_Series = dict[Any, tuple[list[float], list[Any]]]
# The last backend's data by metric: moto keeps one list for all, and only ever appends to it.
_index: list[Any] = [None, -1, {}]


def _held(backend: Any) -> _Series:
    if _index[0] is not backend or _index[1] != len(backend.metric_data):
        grouped = defaultdict(list)
        for each in backend.metric_data:
            grouped[_key(each.namespace, each.name, each.dimensions)].append((_seconds(each.timestamp), each))
        found: _Series = {}
        for key, pairs in grouped.items():
            pairs.sort(key=lambda pair: pair[0])
            found[key] = ([at for at, _ in pairs], [each for _, each in pairs])
        _index[:] = [backend, len(backend.metric_data), found]
    held: _Series = _index[2]
    return held


def _times(backend: Any, alarm: Any) -> Iterator[list[float]]:
    """Yield when there is data of each metric that the alarm looks at."""
    held = _held(backend)
    nothing: tuple[list[float], list[Any]] = ([], [])
    if not alarm.metric_data_queries:
        yield held.get(_key(alarm.namespace, alarm.metric_name, alarm.dimensions), nothing)[0]
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            metric = query.metric_stat.metric
            yield held.get(_key(metric.namespace, metric.metric_name, metric.dimensions), nothing)[0]


def _key(namespace: str, name: str, dimensions: Any) -> Any:
    return namespace, name, tuple(sorted((each.name, each.value) for each in dimensions or ()))


def _seconds(timestamp: datetime) -> float:
    return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp()
