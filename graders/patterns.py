"""Patterns that pick events: EventBridge's, those of SNS filter policies, and CloudWatch Logs' filter patterns.

Computed on sample events, so that two patterns of one effect are one.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from graders import nearby, regexes
from graders.account import Account
from graders.check import Fail
from graders.iam import patterns as wildcards

NUMERIC: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
ABSENT = object()
TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||!=|<=|>=|[()=<>])|(?P<text>"(?:[^"\\]|\\.)*"|%[^%]+%|[^\s()=<>!&|,"]+)|(?P<bad>\S))"""
)


class InvalidPattern(ValueError):
    """AWS would not take the pattern; the text says why."""


def parsed(text: str) -> dict[str, Any]:
    """An event pattern or filter policy from its JSON; raises InvalidPattern."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidPattern("it is not JSON") from error
    if not isinstance(found, dict):
        raise InvalidPattern("it is not a JSON object")
    return found


def event_matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge hands the event on. Raises InvalidPattern where a field's value is not a list."""
    return not mismatches(pattern, event)


def mismatches(pattern: Mapping[str, Any], event: Any, path: str = "") -> list[str]:
    """The fields ("detail.state") by which the event does not match; [] when it does."""
    found = []
    for name, wanted in pattern.items():
        here = f"{path}{name}"
        if name == "$or" and isinstance(wanted, list):
            if all(mismatches(one, event, path) for one in wanted):
                found.append(here)
            continue
        value = event.get(name, ABSENT) if isinstance(event, Mapping) else ABSENT
        if isinstance(wanted, Mapping):
            # An array of objects matches by any of them. A nested "exists: false" holds where the parent is not there.
            inner = value if isinstance(value, list) and value else [value]
            tried: list[list[str]] = [mismatches(wanted, one, f"{here}.") for one in inner]
            found += sorted(tried, key=len)[0]
        elif not isinstance(wanted, list) or not wanted:
            raise InvalidPattern(f"the value of {here} must be a list, such as [{json.dumps(wanted)}]")
        elif not any(_fits(one, value) for one in wanted):
            found.append(here)
    return found


def policy_passes(policy: Mapping[str, Any], scope: str, message: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a subscription's filter policy lets a message through; `attributes` are plain values by name."""
    if not policy:
        return True
    if scope != "MessageBody":
        return event_matches(policy, attributes)
    try:
        body = json.loads(message)
    except ValueError:
        return False
    return isinstance(body, dict) and event_matches(policy, body)


def _fits(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping) and "exists" in wanted:
        leaf = value is not ABSENT and not isinstance(value, Mapping)
        return leaf if wanted["exists"] else not leaf
    if value is ABSENT:
        return False
    values = value if isinstance(value, list) else [value]
    return any(_equals(wanted, one) for one in values)


def _equals(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _same(wanted, value)
    if len(wanted) != 1:
        raise InvalidPattern(f"{json.dumps(wanted)} must hold one comparison")
    ((operator, operand),) = wanted.items()
    text = value if isinstance(value, str) else None
    match operator:
        case "prefix" | "suffix" if isinstance(operand, Mapping):
            return text is not None and _edge(operator, text.lower(), str(operand.get("equals-ignore-case")).lower())
        case "prefix" | "suffix":
            return text is not None and _edge(operator, text, str(operand))
        case "equals-ignore-case":
            return text is not None and text.lower() == str(operand).lower()
        case "wildcard":
            return text is not None and _starred(str(operand), text)
        case "anything-but":
            return not _any_of(operand, value)
        case "numeric":
            return _numeric(operand, value)
        case "cidr":
            return text is not None and _in_network(text, str(operand))
    raise InvalidPattern(f"there is no comparison {operator}")


def _starred(pattern: str, text: str) -> bool:
    """`*` is the only wildcard here; linear, whatever the pattern."""
    return wildcards.glob(pattern.replace("*", wildcards.ANY), text)


def _edge(operator: str, text: str, part: str) -> bool:
    return text.startswith(part) if operator == "prefix" else text.endswith(part)


def _any_of(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((operator, inner),) = operand.items()
        return any(_equals({operator: one}, value) for one in (inner if isinstance(inner, list) else [inner]))
    return any(_same(one, value) for one in (operand if isinstance(operand, list) else [operand]))


def _same(wanted: Any, value: Any) -> bool:
    """Exactly: "1" is not 1, and true is not 1."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return wanted == value
    return type(wanted) is type(value) and bool(wanted == value)


def _numeric(operand: Any, value: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise InvalidPattern(f"numeric takes [operator, number, …], not {json.dumps(operand)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    for sign, bound in pairs:
        if sign not in NUMERIC:
            raise InvalidPattern(f"numeric knows no {sign}")
        if not NUMERIC[sign](Decimal(str(value)), Decimal(str(bound))):
            return False
    return True


def _in_network(text: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False


# CloudWatch Logs


def log_groups(account: Account, region: str | None = None) -> list[dict[str, Any]]:
    """describe_log_groups' groups of a region."""
    found: list[dict[str, Any]] = account.read("logs", "describe_log_groups", region=region).get("logGroups", [])
    return found


def the_log_group(account: Account, name: str) -> dict[str, Any]:
    """The log group; fails when there is none, with the nearest name or the region that has it."""
    groups = {one["logGroupName"]: one for one in log_groups(account)}
    if name in groups:
        return groups[name]
    hint = nearby.almost(name, groups) or nearby.elsewhere(
        account, lambda region: any(one["logGroupName"] == name for one in log_groups(account, region))
    )
    raise Fail(
        "The log group {group} does not exist.{hint}",
        looked_at="the log groups in {region}",
        needed="A log group named {group} in {region}.",
        try_="aws logs create-log-group --log-group-name {group}",
        group=name,
        hint=hint,
        region=account.region,
    )


def log_matches(pattern: str, message: str) -> bool:
    """Whether a log event (its text) is picked by a filter pattern; raises InvalidPattern."""
    text = pattern.strip()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise InvalidPattern("its { has no }")
        try:
            event = json.loads(message)
        except ValueError:
            event = None
        return _Expression(text[1:-1], lambda name: at(event, name)).holds()
    if text.startswith("["):
        if not text.endswith("]"):
            raise InvalidPattern("its [ has no ]")
        return _columns(text[1:-1], message)
    return _terms(text, message)


def _terms(pattern: str, message: str) -> bool:
    """All plain terms, none of those with -; those with ? count, any of them, where there is no other."""
    every, some = [], []
    for sign, term in re.findall(r'([-?]?)("(?:[^"\\]|\\.)*"|%[^%]+%|\S+)', pattern):
        there = _contains(term, message)
        if sign == "?":
            some.append(there)
        else:
            every.append(not there if sign == "-" else there)
    return all(every) if every else any(some) or not some


def _contains(term: str, message: str) -> bool:
    if len(term) > 2 and term[0] == term[-1] == "%":
        return _regex(term[1:-1], message)
    return _unquoted(term) in message


def _regex(pattern: str, text: str) -> bool:
    try:
        return regexes.search(pattern, text)
    except regexes.TooComplex as error:
        raise InvalidPattern(f"%{pattern}% is too much to compute") from error
    except re.error as error:
        raise InvalidPattern(f"%{pattern}% is no regular expression") from error


def _unquoted(term: str) -> str:
    quoted = len(term) > 1 and term[0] == term[-1] == '"'
    return re.sub(r"\\(.)", r"\1", term[1:-1]) if quoted else term


def _columns(pattern: str, message: str) -> bool:
    """A space-delimited pattern: a name or a condition a column; … stands for any number of columns."""
    wanted = [one.strip() for one in pattern.split(",")]
    given = [one[0].strip('[]"') if one[0][0] in '["' else one[0] for one in _split(message)]
    rest = next((at for at, one in enumerate(wanted) if one in ("...", "…")), None)
    if rest is not None:
        missing = len(given) - len(wanted) + 1
        if missing < 0:
            return False
        wanted[rest : rest + 1] = [f"any{number}" for number in range(missing)]
    if len(wanted) != len(given):
        return False
    for one, value in zip(wanted, given, strict=True):
        name = re.match(r"\w+", one)
        if name is None:
            raise InvalidPattern(f"{one} names no column")
        if one != name[0] and not _Expression(one, lambda _, value=value: value).holds():  # type: ignore[misc]
            return False
    return True


def _split(message: str) -> list[tuple[str]]:
    return [(one,) for one in re.findall(r'\[[^\]]*\]|"[^"]*"|\S+', message)]


def at(event: Any, selector: str) -> Any:
    """The value at `$.a.b[0]["c"]`, or ABSENT. `[*]` gives the list itself."""
    if not selector.startswith("$"):
        raise InvalidPattern(f"{selector} must begin with $.")
    for name, index, quoted in re.findall(r'\.([^.\[\]]+)|\[(\d+|\*)\]|\[?"([^"]+)"\]?', selector[1:]):
        if index == "*":
            continue
        if index:
            event = event[int(index)] if isinstance(event, list) and int(index) < len(event) else ABSENT
        else:
            event = event.get(name or quoted, ABSENT) if isinstance(event, dict) else ABSENT
    return event


class _Expression:
    """`a = 1 && (b != "x*" || c NOT EXISTS)`: && binds before ||; `value` gives what a name stands for."""

    def __init__(self, text: str, value: Callable[[str], Any]) -> None:
        self.value = value
        self.tokens: list[str] = []
        for found in TOKEN.finditer(text):
            if found["bad"]:
                raise InvalidPattern(f"it cannot be read at {found['bad']}")
            self.tokens.append(found["op"] or found["text"])
        self.place = 0

    def holds(self) -> bool:
        result = self._either()
        if self.place < len(self.tokens):
            raise InvalidPattern(f"it cannot be read at {self.tokens[self.place]}")
        return result

    def _peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise InvalidPattern("it ends too early")
        self.place += 1
        return token

    def _either(self) -> bool:
        result = self._both()
        while self._peek() == "||":
            self._next()
            other = self._both()  # read it in any case
            result = result or other
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._peek() == "&&":
            self._next()
            other = self._one()
            result = result and other
        return result

    def _one(self) -> bool:
        if self._peek() == "(":
            self._next()
            result = self._either()
            if self._next() != ")":
                raise InvalidPattern("a ( has no )")
            return result
        value = self.value(self._next())
        operator = self._next()
        if operator.upper() == "EXISTS":
            return value is not ABSENT
        wanted = self._next()
        if operator.upper() == "NOT" and wanted.upper() == "EXISTS":
            return value is ABSENT
        if operator.upper() == "IS":
            named: dict[str, Any] = {"TRUE": True, "FALSE": False, "NULL": None}
            if wanted.upper() not in named:
                raise InvalidPattern(f"IS {wanted} is unknown")
            return value is named[wanted.upper()]
        values = value if isinstance(value, list) else [value]
        return any(_compared(one, operator, wanted) for one in values)


def _compared(value: Any, operator: str, wanted: str) -> bool:
    if operator not in ("=", "!=", "<", ">", "<=", ">="):
        raise InvalidPattern(f"there is no comparison {operator}")
    if value is ABSENT or isinstance(value, dict | list) or value is None:
        return False  # what is not there is neither equal nor unequal
    if operator in ("=", "!="):
        return _like(value, wanted) is (operator == "=")
    one, other = _number(value), _number(_unquoted(wanted))
    return one is not None and other is not None and NUMERIC[operator](one, other)


def _like(value: Any, wanted: str) -> bool:
    if len(wanted) > 2 and wanted[0] == wanted[-1] == "%":
        return _regex(wanted[1:-1], str(value))
    text = _unquoted(wanted)
    one, other = _number(value), _number(text)
    if not isinstance(value, bool) and not wanted.startswith('"') and one is not None and other is not None:
        return one == other
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return _starred(text, shown)


def _number(value: Any) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None
