"""Values to try for a context key: for every literal in the conditions some that meet it and some that do not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from graders.iam import patterns
from graders.iam.conditions import Condition, instant
from graders.iam.document import Statement

Value = str | tuple[str, ...] | None  # None: the request does not carry the key
Values = tuple[Value, ...]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Addresses all over the internet, so that halves, quarters and holes are met on both sides.
ADDRESSES = ("8.8.8.8", "203.0.113.77", "126.1.2.3", "185.199.108.9", "62.4.5.6", "2a02:898::1", "2600:1f18::7")
OTHER = "zz-other"
# Every request carries these.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
ALWAYS = {
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalarn",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:viaawsservice",
}


def read_keys(statements: Iterable[Statement]) -> dict[str, list[Condition]]:
    """The keys that the statements read, with the conditions on each; a key that only a variable reads has none."""
    found: dict[str, list[Condition]] = {}
    for statement in statements:
        for condition in statement.conditions:
            found.setdefault(condition.key, []).append(condition)
            if statement.variables and condition.speaks_variables:
                for key in _variables(condition.values):
                    found.setdefault(key, [])
        for key in _variables(statement.resource_tests[1]):
            found.setdefault(key, [])
    return found


def candidates(key: str, conditions: Sequence[Condition], *, hints: Iterable[str] = ()) -> Values:
    """Values that the conditions can tell apart, absence first where it can be; `hints` are tried as well."""
    literals = [value for condition in conditions for value in condition.values]
    bases = {condition.base for condition in conditions}
    multi = any(condition.quantifier for condition in conditions)
    texts = [patterns.instance(one) for one in literals if "${" not in one]
    texts += [*([] if "Bool" in bases <= {"Bool", "Null"} else [OTHER]), *hints]
    if "IpAddress" in bases:
        texts += [*addresses(literals), *ADDRESSES]
    if bases & {"Bool", "Null"} or key == "aws:securetransport":
        texts += ["true", "false"]
    if any(base.startswith("Numeric") for base in bases):
        texts += ["0", "1000000000", *neighbours(literals)]
    if any(base.startswith("Date") for base in bases):
        texts += [*moments(literals)]
    if key == "aws:securetransport":
        texts = ["true", "false"]
    texts = list(dict.fromkeys(texts))
    found: list[Value] = [] if key in ALWAYS else [None]
    found += [(one,) for one in texts] if multi else texts
    if multi and len(texts) > 1:
        found += [tuple(texts[:2]), tuple(texts)]
    return tuple(found) if hints else distinct(conditions, found)


def distinct(conditions: Sequence[Condition], values: Iterable[Value]) -> Values:
    """Of values that no condition tells apart only the first. Variables in the conditions: all of them."""
    values = tuple(dict.fromkeys(values))
    if not conditions or any(condition.speaks_variables for condition in conditions):
        return values
    seen: dict[tuple[bool, ...], Value] = {}
    for value in values:
        context: Mapping[str, str | tuple[str, ...]] = {} if value is None else {conditions[0].key: value}
        seen.setdefault(tuple(condition.holds(context, False) for condition in conditions), value)
    return tuple(seen.values())


def neighbours(literals: Iterable[str]) -> list[str]:
    """The numbers beside each literal number."""
    numbers = [int(one) for one in literals if one.lstrip("-").isdigit()]
    return [str(number + step) for number in numbers for step in (-1, 1)]


def moments(literals: Iterable[str]) -> Iterator[str]:
    """Moments a second before and after each literal one, in the one form that all date operators read."""
    for one in literals:
        try:
            moment = instant(one)
        except (ValueError, OverflowError):
            continue
        for step in (-1, 0, 1):
            yield (moment.astimezone(UTC) + timedelta(seconds=step)).isoformat()


def networks(literals: Iterable[str]) -> list[Network]:
    """Those of the literals that are addresses or ranges."""
    found: list[Network] = []
    for one in literals:
        try:
            found.append(ipaddress.ip_network(one, strict=False))
        except ValueError:
            continue
    return found


def addresses(literals: Iterable[str]) -> Iterator[str]:
    """An address inside each range, and the first beyond it."""
    for network in networks(literals):
        yield str(network[min(1, network.num_addresses - 1)])
        beyond = int(network.broadcast_address) + 1
        if beyond < 2**network.max_prefixlen:
            yield str(type(network.network_address)(beyond))


def now() -> datetime:
    """The clock that a search reads when a policy speaks of the time."""
    return datetime.now(UTC)


def _variables(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for match in patterns.VARIABLE.finditer(text):
            name = match[1].partition(",")[0].strip().lower()
            if name not in patterns.SPECIAL:
                yield name
