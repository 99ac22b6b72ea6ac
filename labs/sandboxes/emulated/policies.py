"""Resource policies, as far as the cell itself must decide: anonymous S3, SNS to a queue, who may assume a role.

Small on purpose; cautious where it does not know a condition (such an Allow does not count, such a Deny does). The full
evaluation of principals' rights is the policy engine's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["allows", "is_public", "statements_of", "the_several"]


def the_several(value: Any) -> list[Any]:
    """Return what JSON policies write as one value or a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def statements_of(document: str | bytes | Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the statements of a policy; none where it is no policy."""
    try:
        read = json.loads(document) if isinstance(document, (str, bytes)) else document
    except ValueError:
        return []
    found = the_several(read.get("Statement")) if isinstance(read, Mapping) else []
    return [each for each in found if isinstance(each, dict)]


def allows(
    document: str | bytes | Mapping[str, Any] | None,
    *,
    principals: Iterable[str],
    action: str,
    resource: str = "",
    context: Mapping[str, str] | None = None,
) -> bool:
    """Return whether the policy lets one of `principals` ("*", ARNs, account ids, "Service:…") do `action`.

    `context` holds the condition keys of the request, in lower case. An empty `resource` is that which the policy is of.
    """
    names, values, verdict = set(principals), context or {}, False
    for statement in statements_of(document):
        denies = statement.get("Effect") == "Deny"
        if not _meant(statement, names) or not _covers(statement, "Action", action.lower(), lower=True):
            continue
        if resource and not _covers(statement, "Resource", resource, lower=False):
            continue
        met = _conditions(statement.get("Condition"), values)
        if denies and met is not False:
            return False
        verdict = verdict or (not denies and met is True)
    return verdict


def _meant(statement: Mapping[str, Any], names: set[str]) -> bool:
    for key, expected in (("Principal", True), ("NotPrincipal", False)):
        if key in statement:
            return bool(_principals(statement[key]) & {*names, "*"}) is expected
    return False


def _principals(value: Any) -> set[str]:
    if not isinstance(value, Mapping):
        return {str(each) for each in the_several(value)}
    aws = {str(each) for each in the_several(value.get("AWS"))}
    return aws | {f"Service:{each}" for each in the_several(value.get("Service"))}


def _covers(statement: Mapping[str, Any], key: str, wanted: str, *, lower: bool) -> bool:
    patterns = the_several(statement.get(key))
    if patterns or key in statement:
        return any(_like(str(each).lower() if lower else str(each), wanted) for each in patterns)
    excluded = the_several(statement.get(f"Not{key}"))
    return bool(excluded) and not any(_like(str(each).lower() if lower else str(each), wanted) for each in excluded)


def _like(pattern: str, text: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    # Pieces of text between the stars, looked for in order: no backtracking on what a learner wrote.
    pieces = [re.escape(each).replace(r"\?", ".") for each in pattern.split("*")]
    first, *rest = pieces
    begin = re.match(first, text, re.S)
    if not begin:
        return False
    if not rest:
        return begin.end() == len(text)
    position, last = begin.end(), rest.pop()
    for piece in rest:
        found = re.compile(piece, re.S).search(text, position)
        if not found:
            return False
        position = found.end()
    end = re.compile(last + r"\Z", re.S).search(text, position)
    return end is not None


def _conditions(block: Any, context: Mapping[str, str]) -> bool | None:
    """Return whether all conditions hold; None where one of them is unknown here and none of the others fails."""
    verdict: bool | None = True
    for operator, pairs in (block or {}).items():
        for key, wanted in pairs.items() if isinstance(pairs, Mapping) else ():
            held = _holds(str(operator), context.get(str(key).lower()), [str(each) for each in the_several(wanted)])
            if held is False:
                return False
            verdict = verdict if held else None
    return verdict


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool | None:
    name = operator.removesuffix("IfExists")
    if name == "Null":
        return all((value is None) is (each.lower() == "true") for each in wanted)
    negative = "Not" in name
    if value is None:
        return negative or name != operator
    name = name.replace("Not", "")
    if name in ("StringEquals", "ArnEquals", "StringLike", "ArnLike"):
        exact = name == "StringEquals"
        found = any(each == value if exact else _like(each, value) for each in wanted)
    elif name in ("StringEqualsIgnoreCase", "Bool"):
        found = any(each.lower() == value.lower() for each in wanted)
    elif name == "IpAddress":
        found = any(_within(value, each) for each in wanted)
    else:
        return None
    return found is not negative


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (TypeError, ValueError):
        return False


# Which conditions pin a statement to somebody:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("the meaning of public")
_PINNING = frozenset(
    {
        "aws:principalorgid",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:sourceip",
        "aws:userid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgpaths",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)


def is_public(document: str | bytes | Mapping[str, Any] | None) -> bool:
    """Return whether S3 calls this bucket policy public: an Allow for anybody, not pinned to fixed values."""
    return any(
        statement.get("Effect") == "Allow"
        and ("NotPrincipal" in statement or "*" in _principals(statement.get("Principal")))
        and not _pinned(statement.get("Condition"))
        for statement in statements_of(document)
    )


def _pinned(block: Any) -> bool:
    for operator, pairs in (block or {}).items():
        if "Not" in operator or operator.endswith("IfExists") or operator in ("Null", "Bool"):
            continue
        for key, wanted in pairs.items() if isinstance(pairs, Mapping) else ():
            values = [str(each) for each in the_several(wanted)]
            if str(key).lower() not in _PINNING or not values:
                continue
            if str(key).lower() == "aws:sourceip":
                if all(_narrow(each) for each in values):
                    return True
            elif not any("*" in each or "?" in each or "${" in each for each in values):
                return True
    return False


def _narrow(network: str) -> bool:
    """Return whether S3 takes a range of addresses as fixed: at least /8, or /32 in IPv6."""
    try:
        read = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return read.prefixlen >= (8 if read.version == 4 else 32)
