"""EventBridge: a pattern is tried out, and a rule with a schedule fires in time.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPattern, EventPatternParser, EventsBackend, events_backends
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.inner import in_account
from labs.sandboxes.emulated.world import WORLD

_FIELDS: Final = ("id", "account", "source", "time", "region", "resources", "detail-type")
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_HORIZON: Final = 800  # days


def install() -> None:
    """Remember when a rule began, and let time fire it."""
    put = EventsBackend.put_rule

    def put_and_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
        rule = put(self, *args, **kwargs)
        rule.began = WORLD.at
        return rule

    EventsBackend.put_rule = put_and_begin
    timeline.source(_due, _happen)


@before("events", "TestEventPattern")
def try_a_pattern(call: Call) -> Answer:
    """Say whether the event matches the pattern."""
    try:
        event = json.loads(str(call.parameters.get("Event")))
    except ValueError as error:
        raise AwsError("InvalidEventPatternException", "Event is not valid JSON.", 400) from error
    if not isinstance(event, dict) or (missing := [name for name in _FIELDS if name not in event]):
        said = (
            f"Parameter Event is not valid. Reason: Missing fields {missing}"
            if isinstance(event, dict)
            else "Event is not valid."
        )
        raise AwsError("ValidationException", said, 400)
    text = str(call.parameters.get("EventPattern"))
    try:
        matches = bool(EventPattern(text, EventPatternParser(text).parse()).matches_event(event))
    except InvalidEventPatternException as error:
        raise AwsError("InvalidEventPatternException", str(error.message), 400) from error
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps({"Result": matches}).encode())


def _rules() -> Iterator[tuple[str, Any]]:
    for account in WORLD.accounts():
        for backend in dict.values(events_backends[account]):
            for bus in backend.event_buses.values():
                for rule in bus.rules.values():
                    if rule.scheduled_expression and rule.state == "ENABLED" and rule.targets:
                        yield account, rule


def _due(since: float) -> float | None:
    moments = [_next(rule.scheduled_expression, rule.__dict__.get("began", 0.0), since) for _, rule in _rules()]
    return min((each for each in moments if each is not None), default=None)


def _happen(at: float) -> None:
    for account, rule in list(_rules()):
        if _next(rule.scheduled_expression, rule.__dict__.get("began", 0.0), at - 1e-3) == at:
            event = {
                "version": "0",
                "id": str(mock_random.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": account,
                "time": at,
                "region": rule.region_name,
                "resources": [rule.arn],
                "detail": {},
            }
            with in_account(account):
                rule.send_to_targets(event)


def _next(expression: str, began: float, since: float) -> float | None:
    """Return the first moment after `since` at which the schedule fires."""
    if rate := _RATE.fullmatch(expression):
        step = int(rate[1]) * _UNITS[rate[2]]
        return began + (max(0, int((since - began) // step)) + 1) * step
    return _cron(expression, int(since // 60))


@lru_cache(256)
def _cron(expression: str, minute: int) -> float | None:
    """Return the first fitting minute after the given one (in minutes of unix time)."""
    try:
        parts = expression.removeprefix("cron(").removesuffix(")").split()
        minutes, hours = _numbers(parts[0], 0, 59), _numbers(parts[1], 0, 23)
        months = _numbers(parts[3].upper(), 1, 12, _MONTHS)
        years = _numbers(parts[5], 1970, 2199)
        now = datetime.fromtimestamp((minute + 1) * 60, UTC)
        for ahead in range(_HORIZON):
            day = now if not ahead else (now + timedelta(days=ahead)).replace(hour=0, minute=0)
            if day.year not in years or day.month not in months or not _is_day(day, parts[2], parts[4].upper()):
                continue
            for hour in hours:
                for each in minutes:
                    if (hour, each) >= (day.hour, day.minute):
                        return day.replace(hour=hour, minute=each, second=0, microsecond=0).timestamp()
    except (IndexError, ValueError):
        return None  # PutRule has taken it; AWS would not have
    return None


def _numbers(text: str, first: int, last: int, names: tuple[str, ...] = (), shift: int = 1) -> list[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        start = first if low in ("*", "?") else _number(low, names, shift)
        end = last if low in ("*", "?") or (step and not high) else _number(high, names, shift) if high else start
        found |= {*range(start, end + 1, int(step or 1))}
    return sorted(found)


def _number(text: str, names: tuple[str, ...], shift: int) -> int:
    return names.index(text) + shift if text in names else int(text)


def _is_day(day: datetime, of_month: str, of_week: str) -> bool:
    if of_week not in ("?", "*"):
        weekday = (day.weekday() + 1) % 7 + 1  # SUN is 1
        if "#" in of_week:
            name, _, number = of_week.partition("#")
            return weekday == _number(name, _DAYS, 1) and (day.day - 1) // 7 + 1 == int(number)
        if of_week.endswith("L"):
            return weekday == _number(of_week[:-1], _DAYS, 1) and (day + timedelta(days=7)).month != day.month
        return weekday in _numbers(of_week, 1, 7, _DAYS)
    if of_month == "L":
        return (day + timedelta(days=1)).month != day.month
    if of_month.endswith("W"):
        raise ValueError(of_month)
    return day.day in _numbers(of_month, 1, 31)
