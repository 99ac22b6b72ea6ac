"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"""

import datetime
import re

from graders import Account, Fail, check, messaging

NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
MONTHS = {name: number for number, name in enumerate(NAMES, 1)}
DAYS = dict(zip(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], range(1, 8), strict=True))
UNITS = {"minute": 1, "hour": 60, "day": 1440}
YEAR = [datetime.date(2027, 1, 1) + datetime.timedelta(days=number) for number in range(365)]
Firings = tuple[frozenset[datetime.date], frozenset[int]]


@check(permissions=[*messaging.RULE_PERMISSIONS, *messaging.TARGET_PERMISSIONS])
def rule_runs_on_schedule(account: Account, *, rule: str, schedule: str, target: str) -> None:
    """The rule {rule} runs {target} by the schedule {schedule} (UTC).

    `schedule` is a cron(…) or rate(…) expression; what the rule has must fire at the same minutes of a year, in
    whatever form. Where `schedule` is a rate, a cron of the same even distance is right as well. The rule is enabled
    and EventBridge may use the target (name, ARN, or "function:alias").
    """
    found = messaging.the_rule(account, rule)
    given = str(found.get("ScheduleExpression", ""))
    if not _same(given, schedule):
        raise Fail(
            "The rule {rule} runs by {given}." if given else "The rule {rule} has no schedule.",
            looked_at="the schedule of {rule}",
            needed="{schedule}, or another form of it, in UTC.",
            try_="aws events put-rule --name {rule} --schedule-expression … : minutes come first, and a year last.",
            counterexample="{rule} does not run when {schedule} says.",
            rule=rule,
            given=given,
            schedule=schedule,
        )
    messaging.must_reach(account, found, target)


def _same(given: str, wanted: str) -> bool:
    try:
        one, other = _minutes(given), _minutes(wanted)
        if one and other:
            return one == other
        if other:  # every so many minutes is wanted
            days, times = _firings(given)
            ordered = sorted(times)
            ends = [*ordered[1:], ordered[0] + 1440]
            return len(days) == 365 and {after - at for at, after in zip(ordered, ends, strict=True)} == {other}
        return not one and _firings(given) == _firings(wanted)
    except (ValueError, KeyError, IndexError):
        return False


def _minutes(expression: str) -> int:
    """The distance of a rate(…); 0 for a cron(…)."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression.strip())
    return int(found[1]) * UNITS[found[2]] if found else 0


def _firings(expression: str) -> Firings:
    """The days of a year and the minutes of the day at which a cron(…) fires; raises ValueError for another text."""
    found = re.fullmatch(r"cron\((.+)\)", expression.strip())
    if found is None:
        raise ValueError(expression)
    minutes, hours, days, months, weekdays, years = found[1].upper().split()
    if (days == "?") is (weekdays == "?"):
        raise ValueError("one of day of month and day of week must be ?")
    in_months = _numbers(months, 1, 12, MONTHS)
    in_years = _numbers(years, 1970, 2199, {})
    times = {60 * hour + minute for hour in _numbers(hours, 0, 23, {}) for minute in _numbers(minutes, 0, 59, {})}
    fire = {day for day in YEAR if day.month in in_months and day.year in in_years and _on(day, days, weekdays)}
    return frozenset(fire), frozenset(times)


def _on(day: datetime.date, days: str, weekdays: str) -> bool:
    if days == "L":
        return (day + datetime.timedelta(days=1)).day == 1
    if days != "?":
        return day.day in _numbers(days, 1, 31, {})
    if "#" in weekdays:
        name, _, nth = weekdays.partition("#")
        return _number(name, DAYS) == day.isoweekday() % 7 + 1 and (day.day - 1) // 7 + 1 == int(nth)
    return day.isoweekday() % 7 + 1 in _numbers(weekdays, 1, 7, DAYS)


def _numbers(text: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        start, dash, end = span.partition("-")
        first = low if span in ("*", "?") else _number(start, names)
        last = _number(end, names) if dash else high if step or span in ("*", "?") else first
        found |= set(range(first, last + 1, int(step or 1)))
    if not found <= set(range(low, high + 1)):
        raise ValueError(text)
    return found


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)
