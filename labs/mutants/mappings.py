"""Operators over a mapping: a policy's statement above all, a rule with a range of ports, a template's resource.

Each takes a mapping and yields (the mapping as it might have been, what is said of it, what of it was changed).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from labs.mutants.tree import Node

Mapping = dict[str, Node]
MappingOperator = Callable[[Mapping], Iterator[tuple[Mapping, str, str]]]

_VERBS: Final = {
    "Get": "Put", "Put": "Get", "Send": "Receive", "Receive": "Send", "Publish": "Subscribe", "Subscribe": "Publish",
    "List": "Get", "Describe": "Modify", "Encrypt": "Decrypt", "Decrypt": "Encrypt", "Delete": "Get", "Update": "Get",
    "Query": "Scan", "Invoke": "Get", "Create": "Describe", "Assume": "Tag", "Generate": "List",
}  # fmt: skip
_ONE_OF_ALL: Final = {"s3": "s3:GetObject", "sqs": "sqs:SendMessage", "sns": "sns:Publish", "kms": "kms:Decrypt"}
_OBJECTS: Final = re.compile(r"(arn:aws:s3:::[^/]+)/\*")
_BUCKET: Final = re.compile(r"arn:aws:s3:::[^/*]+")


def effect_flipped(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """Allow → Deny, Deny → Allow."""
    if (effect := _effect(statement)) is not None:
        other = "Deny" if effect == "Allow" else "Allow"
        yield {**statement, "Effect": other}, f"Effect {effect} → {other}", ""


def principal_any(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """What one principal is allowed, everybody is: Principal → *."""
    if _effect(statement) == "Allow" and "Principal" in statement and not _is_any(statement["Principal"]):
        yield {**statement, "Principal": "*"}, "Principal → *", ""


def action_any(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """One action allowed → all of the service: s3:GetObject → s3:*."""
    for action in _list(statement.get("Action"))[:1]:
        service = str(action).partition(":")[0]
        if _effect(statement) == "Allow" and action not in ("*", f"{service}:*"):
            yield {**statement, "Action": f"{service}:*"}, f"Action → {service}:*", ""


def action_other(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """Another verb, and one action of all that must be denied: sqs:SendMessage → sqs:ReceiveMessage, s3:* → s3:GetObject."""
    actions = _list(statement.get("Action"))
    if _effect(statement) is None:
        return
    for index, action in enumerate(actions):
        service, _, name = str(action).partition(":")
        other = next((f"{service}:{new}{name[len(old) :]}" for old, new in _VERBS.items() if name.startswith(old)), "")
        if name == "*" and statement["Effect"] == "Deny":
            other = _ONE_OF_ALL.get(service, f"{service}:Get*")
        if other:
            changed = [*actions[:index], other, *actions[index + 1 :]]
            yield (
                {**statement, "Action": changed if isinstance(statement["Action"], list) else other},
                f"Action {action} → {other}",
                name,
            )


def resource_any(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """What is allowed on one thing, is on all: Resource → *."""
    if _effect(statement) == "Allow" and statement.get("Resource", "*") not in ("*", ["*"]):
        yield {**statement, "Resource": "*"}, "Resource → *", ""


def resource_level(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """The bucket for its objects and the objects for the bucket; some of the objects for all: b/* → b, b/public/*."""
    resources = _list(statement.get("Resource"))
    if _effect(statement) is None:
        return
    for index, resource in enumerate(resources):
        others = []
        if isinstance(resource, str) and (match := _OBJECTS.fullmatch(resource)):
            others = [match[1], f"{match[1]}/public/*"]
        elif isinstance(resource, str) and _BUCKET.fullmatch(resource):
            others = [f"{resource}/*"]
        for other in others:
            if other not in resources:
                changed = [*resources[:index], other, *resources[index + 1 :]]
                whole = changed if isinstance(statement["Resource"], list) else other
                yield {**statement, "Resource": whole}, f"Resource {resource} → {other}", ""


def condition_dropped(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A condition left out; where there are several keys, each by itself."""
    for operator, key, rest in _conditions(statement):
        yield rest(None), f"Condition {operator} {key} left out", _last(key)


def condition_key_misspelt(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A condition key that does not exist: aws:SourceArn → aws:SourceArns."""
    for operator, key, rest in _conditions(statement):
        wrong = key[:-1] if key.endswith("s") else f"{key}s"
        yield rest((operator, wrong)), f"Condition key {key} → {wrong}", _last(key)


def condition_inverted(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A condition's opposite: StringEquals → StringNotEquals, IpAddress → NotIpAddress, NumericLessThan → …GreaterThan."""
    for operator, key, rest in _conditions(statement):
        if (other := _opposite(operator)) != operator:
            yield rest((other, key)), f"Condition {operator} → {other} ({key})", _last(key)


def condition_if_exists(statement: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A condition that who does not send the key passes, where everybody is meant: StringEquals → StringEqualsIfExists."""
    if _effect(statement) == "Allow" and _is_any(statement.get("Principal")):
        for operator, key, rest in _conditions(statement):
            if not operator.endswith("IfExists") and "Not" not in operator and operator != "Null":
                yield rest((f"{operator}IfExists", key)), f"Condition {operator} → {operator}IfExists", _last(key)


def ports_widened(rule: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A rule with FromPort and ToPort: the ports next door, one port more, all ports."""
    low, high = str(rule.get("FromPort", "")), str(rule.get("ToPort", ""))
    if low.isdigit() and high.isdigit():
        for new_low, new_high in ((int(low) + 1, int(high) + 1), (int(low), int(high) + 1), (0, 65535)):
            kind = type(rule["FromPort"])
            changed = {**rule, "FromPort": kind(new_low), "ToPort": kind(new_high)}
            yield changed, f"ports {low}-{high} → {new_low}-{new_high}", f"{low}-{new_low}-{new_high}"


def property_left_out(resource: Mapping) -> Iterator[tuple[Mapping, str, str]]:
    """A template's resource without one of its properties or attributes (DeletionPolicy, …)."""
    if not str(resource.get("Type", "")).startswith("AWS::"):
        return
    properties = resource.get("Properties")
    if isinstance(properties, dict):
        for key in properties:
            rest = {name: one for name, one in properties.items() if name != key}
            yield {**resource, "Properties": rest}, f"{key} of {resource['Type']} left out", key
    for key in resource:
        if key not in ("Type", "Properties", "Metadata"):
            yield {name: one for name, one in resource.items() if name != key}, f"{key} left out", key


MAPPING_OPERATORS: Final[dict[str, MappingOperator]] = {
    "effect-flipped": effect_flipped,
    "principal-any": principal_any,
    "action-any": action_any,
    "action-other": action_other,
    "resource-any": resource_any,
    "resource-level": resource_level,
    "condition-dropped": condition_dropped,
    "condition-key-misspelt": condition_key_misspelt,
    "condition-inverted": condition_inverted,
    "condition-if-exists": condition_if_exists,
    "ports-widened": ports_widened,
    "property-left-out": property_left_out,
}


def _effect(mapping: Mapping) -> str | None:
    effect = mapping.get("Effect")
    return effect if effect in ("Allow", "Deny") else None


def _list(value: Node) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_any(principal: Node) -> bool:
    return principal in ("*", {"AWS": "*"}, {"AWS": ["*"]})


def _last(key: str) -> str:
    return key.rpartition(":")[2]


def _conditions(statement: Mapping) -> Iterator[tuple[str, str, Callable[[tuple[str, str] | None], Mapping]]]:
    """Yield (operator, key, how the statement is with another operator and key there, or without) of each condition."""
    conditions = statement.get("Condition")
    if _effect(statement) is None or not isinstance(conditions, dict):
        return
    for operator, keys in conditions.items():
        for key in keys if isinstance(keys, dict) else ():

            def rest(new: tuple[str, str] | None, operator: str = operator, key: str = key) -> Mapping:
                changed = {name: dict(one) for name, one in conditions.items()}
                value = changed[operator].pop(key)
                if new is not None:
                    changed.setdefault(new[0], {})[new[1]] = value
                changed = {name: one for name, one in changed.items() if one}
                others = {name: one for name, one in statement.items() if name != "Condition"}
                return {**others, "Condition": changed} if changed else others

            yield operator, key, rest


def _opposite(operator: str) -> str:
    """Return the operator that holds where this one does not; Bool has none (its value is flipped instead)."""
    name = operator.rpartition(":")[2]  # of ForAnyValue:StringEquals
    before = operator.removesuffix(name)
    for one, other in (("LessThan", "GreaterThan"), ("GreaterThan", "LessThan"), ("Not", "")):
        if one in name:
            return before + name.replace(one, other, 1)
    return before + re.sub(r"^(String|Arn|Numeric|Date|)(Equals|Like|IpAddress)", r"\1Not\2", name)
