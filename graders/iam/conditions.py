"""Condition blocks: every operator, missing keys, set operators, policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import operator as op
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from graders.iam import patterns
from graders.iam.patterns import Lookup
from graders.nearby import closest

Context = Mapping[str, "str | tuple[str, ...]"]  # keys in lower case; a tuple is a multivalued key
Matcher = Callable[[str, str, "Lookup | None"], bool]


@dataclass(frozen=True)
class Condition:
    """One operator with one key. Parts of the operator: `quantifier` is "", "ForAllValues" or "ForAnyValue"."""

    operator: str
    base: str
    negated: bool
    if_exists: bool
    quantifier: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context, variables: bool = True) -> bool:
        """Whether a request with this context meets the condition. `variables`: the policy's version knows them."""
        value = context.get(self.key)
        if self.base == "Null":
            return any((value is None) == (wanted.lower() == "true") for wanted in self.values)
        if value is None or value == () or (self.quantifier == "ForAllValues" and value == ""):
            if self.if_exists or self.quantifier == "ForAllValues":
                return True
            return self.negated and self.quantifier != "ForAnyValue"
        lookup = lookup_in(context) if variables and self.speaks_variables else None
        given = value if isinstance(value, tuple) else (value,)
        if self.quantifier == "ForAllValues":
            return all(self._one(one, lookup) for one in given)
        if self.quantifier == "ForAnyValue" or not self.negated:
            return any(self._one(one, lookup) for one in given)
        return all(self._one(one, lookup) for one in given)

    @cached_property
    def speaks_variables(self) -> bool:
        """Whether a value holds a policy variable; only texts and ARNs may."""
        return self.base.startswith(("String", "Arn")) and any("${" in value for value in self.values)

    @cached_property
    def _tests(self) -> tuple[patterns.Test, ...]:
        make = READY.get(self.base)
        if make is not None:
            return tuple(make(value) for value in self.values)
        matcher = MATCHERS[self.base]
        return tuple(functools.partial(_late, matcher, value) for value in self.values)

    def _one(self, given: str, lookup: Lookup | None) -> bool:
        if lookup is None:
            return any(test(given) for test in self._tests) != self.negated
        return any(MATCHERS[self.base](wanted, given, lookup) for wanted in self.values) != self.negated


def parse(raw: Any, where: str, reasons: list[str]) -> tuple[Condition, ...]:
    """The Condition element; what is wrong with it is added to `reasons`."""
    if not isinstance(raw, Mapping):
        reasons.append(f"Condition in {where} must be an object.")
        return ()
    found = []
    for name, keys in raw.items():
        parts = _operator(str(name))
        if parts is None:
            near = closest(str(name), OPERATORS)
            hint = f"; did you mean {near}?" if near else "."
            reasons.append(f"Condition operator {name} in {where} is not known{hint}")
            continue
        if not isinstance(keys, Mapping) or not keys:
            reasons.append(f"Condition {name} in {where} must hold keys with values.")
            continue
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            if not values or not all(isinstance(one, (str, bool, int, float)) for one in values):
                reasons.append(f"Condition {name} {key} in {where} must be a value or a list of values.")
                continue
            found.append(Condition(str(name), *parts, str(key).lower(), tuple(_text(one) for one in values)))
            reasons += [f"{sentence} ({where})." for sentence in _value_problems(found[-1])]
    return tuple(found)


def _operator(name: str) -> tuple[str, bool, bool, str] | None:
    quantifier, colon, rest = name.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        return None
    if_exists = rest.endswith("IfExists")
    rest = rest.removesuffix("IfExists")
    if rest == "Null":
        return None if if_exists or quantifier else ("Null", False, False, "")
    if rest in MATCHERS:
        return rest, False, if_exists, quantifier
    base = {"NotIpAddress": "IpAddress"}.get(rest, rest.replace("Not", ""))
    if "Not" in rest and base in NEGATABLE:
        return base, True, if_exists, quantifier
    return None


def _value_problems(condition: Condition) -> list[str]:
    problems = []
    for value in condition.values:
        with contextlib.suppress(ValueError, InvalidOperation, OverflowError):
            if condition.base == "IpAddress":
                ipaddress.ip_network(value, strict=False)
            elif condition.base.startswith("Numeric"):
                Decimal(value)
            elif condition.base.startswith("Date"):
                instant(value)
            continue
        problems.append(f"{value!r} is no value for {condition.operator}")
    return problems


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def lookup_in(context: Context) -> Lookup:
    """What policy variables stand for in a request: keys with a single value (names in lower case)."""

    def lookup(name: str) -> str | None:
        value = context.get(name.lower())
        return value if isinstance(value, str) else None

    return lookup


def _string_equals(wanted: str, given: str, lookup: Lookup | None) -> bool:
    ready = patterns.compile(wanted, lookup, wildcards=False)
    return ready is not None and ready.replace(patterns.COLON, ":") == given


def _string_equals_ignore_case(wanted: str, given: str, lookup: Lookup | None) -> bool:
    ready = patterns.compile(wanted, lookup, wildcards=False)
    return ready is not None and ready.replace(patterns.COLON, ":").lower() == given.lower()


def _bool(wanted: str, given: str, lookup: Lookup | None) -> bool:
    return wanted.lower() == given.lower()


def _ip(wanted: str, given: str, lookup: Lookup | None) -> bool:
    try:
        address, network = ipaddress.ip_address(given), ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
    return address.version == network.version and address in network


def _ip_ready(wanted: str) -> patterns.Test:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return lambda given: False
    version, mask, start = network.version, int(network.netmask), int(network.network_address)

    def test(given: str) -> bool:
        address = _address(given)
        return address is not None and address[0] == version and address[1] & mask == start

    return test


@functools.lru_cache(1024)
def _address(text: str) -> tuple[int, int] | None:
    """Version and number of an address; None for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)


def _late(matcher: Matcher, wanted: str, given: str) -> bool:
    return matcher(wanted, given, None)


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Matcher:
    def matcher(wanted: str, given: str, lookup: Lookup | None) -> bool:
        try:
            return compare(Decimal(given), Decimal(wanted))
        except InvalidOperation:
            return False

    return matcher


def _date(compare: Callable[[datetime, datetime], bool]) -> Matcher:
    def matcher(wanted: str, given: str, lookup: Lookup | None) -> bool:
        try:
            return compare(instant(given), instant(wanted))
        except (ValueError, OverflowError):
            return False

    return matcher


def instant(text: str) -> datetime:
    """A moment as date operators read it: ISO 8601 or seconds since 1970; raises ValueError."""
    if text.removeprefix("-").replace(".", "", 1).isdigit() and len(text) > 4:
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


MATCHERS: dict[str, Matcher] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": patterns.matches,
    "ArnEquals": patterns.arn_matches,  # the same as ArnLike, says AWS
    "ArnLike": patterns.arn_matches,
    "Bool": _bool,
    "BinaryEquals": lambda wanted, given, lookup: wanted == given,
    "IpAddress": _ip,
    "NumericEquals": _numeric(op.eq),
    "NumericLessThan": _numeric(op.lt),
    "NumericLessThanEquals": _numeric(op.le),
    "NumericGreaterThan": _numeric(op.gt),
    "NumericGreaterThanEquals": _numeric(op.ge),
    "DateEquals": _date(op.eq),
    "DateLessThan": _date(op.lt),
    "DateLessThanEquals": _date(op.le),
    "DateGreaterThan": _date(op.gt),
    "DateGreaterThanEquals": _date(op.ge),
}
# Tests made once for a value without variables; the others are asked each time.
READY: dict[str, Callable[[str], patterns.Test]] = {
    "StringEquals": lambda wanted: lambda given: wanted == given,
    "StringLike": patterns.ready,
    "ArnEquals": patterns.arn_ready,
    "ArnLike": patterns.arn_ready,
    "IpAddress": _ip_ready,
}
NEGATABLE = {
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "ArnEquals",
    "ArnLike",
    "IpAddress",
    "NumericEquals",
    "DateEquals",
}
OPERATORS = [
    *MATCHERS,
    *(
        "NotIpAddress" if name == "IpAddress" else name.replace("Equals", "NotEquals").replace("Like", "NotLike")
        for name in NEGATABLE
    ),
    "Null",
]
