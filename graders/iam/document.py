"""A policy document, read strictly: what AWS would refuse to store is refused here, with every reason.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from graders.iam import conditions, patterns
from graders.iam.conditions import Condition
from graders.nearby import closest

Kind = Literal["identity", "resource", "trust"]

TOP = ("Version", "Id", "Statement")
ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
KEPT_ACTIONS = 4096  # a document's statements are kept for so many actions
ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?.-]+")
ACCOUNT = re.compile(r"\d{12}")
PRINCIPAL_ARN = re.compile(r"arn:[a-z-]+:(iam|sts)::\d{12}:(root|(user|role|federated-user|assumed-role)/[^*]+)")
# CloudFront's own users: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
CLOUDFRONT_ARN = re.compile(r"arn:[a-z-]+:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+")
UNIQUE_ID = re.compile(r"A(IDA|ROA)[A-Z0-9]{5,}")


class InvalidPolicy(ValueError):
    """AWS would not store this document; `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Statement:
    """One statement. Of each pair X / not X exactly one holds values, except principals in an identity policy."""

    index: int
    sid: str
    allow: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] | None = None  # (type, value), "*" is ("AWS", "*")
    not_principals: tuple[tuple[str, str], ...] | None = None
    conditions: tuple[Condition, ...] = ()
    variables: bool = True

    @cached_property
    def action_tests(self) -> tuple[patterns.Test, ...]:
        """One test for each Action or NotAction; they want the action in lower case."""
        return tuple(patterns.ready(one.lower()) for one in self.actions or self.not_actions)

    @cached_property
    def resource_tests(self) -> tuple[tuple[patterns.Test, ...], tuple[str, ...]]:
        """Tests for each Resource or NotResource, and those that hold policy variables as they stand."""
        late = [one for one in self.resources or self.not_resources if self.variables and "${" in one]
        fixed = (one for one in self.resources or self.not_resources if one not in late)
        return tuple(patterns.arn_ready(one) for one in fixed), tuple(late)

    @cached_property
    def label(self) -> str:
        """How a learner finds it: by Sid, else by place."""
        return f"statement “{self.sid}”" if self.sid else f"statement {self.index + 1}"


@dataclass(frozen=True)
class Document:
    """A whole policy."""

    version: str
    statements: tuple[Statement, ...]

    @cached_property
    def _by_action(self) -> dict[str, dict[bool | None, tuple[Statement, ...]]]:
        return {}

    def about(self, action: str, allow: bool | None = None) -> tuple[Statement, ...]:
        """The statements whose Action or NotAction covers an action, all or those of one effect.

        They are kept by action, for the same few actions are asked again and again.
        """
        found = self._by_action.get(action)
        if found is None:
            name = action.lower()
            covering = tuple(
                one for one in self.statements if any(test(name) for test in one.action_tests) is bool(one.actions)
            )
            found = {
                None: covering,
                True: tuple(one for one in covering if one.allow),
                False: tuple(one for one in covering if not one.allow),
            }
            if len(self._by_action) >= KEPT_ACTIONS:
                self._by_action.clear()
            self._by_action[action] = found
        return found[allow]


def merged(*documents: Document) -> Document:
    """Several documents that count as one: session policies, for example."""
    return Document("2012-10-17", tuple(one for document in documents for one in document.statements))


def parse(source: str | Mapping[str, Any], kind: Kind) -> Document:
    """Read JSON text or its decoded form; raises InvalidPolicy with all reasons."""
    reasons: list[str] = []
    data: Any = source
    if isinstance(source, str):
        try:
            data = json.loads(source, object_pairs_hook=lambda pairs: _unique(pairs, reasons))
        except (ValueError, RecursionError) as error:
            raise InvalidPolicy([f"The policy is not JSON: {error}."]) from error
    if not isinstance(data, Mapping):
        raise InvalidPolicy(["The policy is not a JSON object."])
    _unknown(data, TOP, "policy", reasons)
    version = data.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17"):
        reasons.append(f"Version {version!r} does not exist; use 2012-10-17.")
    raw = data.get("Statement")
    items = raw if isinstance(raw, list) else [raw]
    if not raw or not all(isinstance(item, Mapping) for item in items):
        raise InvalidPolicy([*reasons, "The policy needs a Statement: an object or a list of objects."])
    statements = tuple(
        _statement(item, index, kind, version == "2012-10-17", reasons) for index, item in enumerate(items)
    )
    sids = [one.sid for one in statements if one.sid]
    reasons += [f"Two statements have the Sid {sid}." for sid in sorted({sid for sid in sids if sids.count(sid) > 1})]
    if reasons:
        raise InvalidPolicy(reasons)
    return Document(version, statements)


def _statement(item: Mapping[str, Any], index: int, kind: Kind, variables: bool, reasons: list[str]) -> Statement:
    where = f"statement {index + 1}"
    _unknown(item, ELEMENTS, where, reasons)
    effect, sid = item.get("Effect"), item.get("Sid", "")
    if effect not in ("Allow", "Deny"):
        reasons.append(f"Effect in {where} must be Allow or Deny, not {effect!r}.")
    if not isinstance(sid, str):
        reasons.append(f"Sid in {where} must be a string.")
        sid = ""
    actions = _pair(item, "Action", where, reasons)
    reasons += [
        f"Action {action!r} in {where} is not of the form service:Action."
        for action in (*actions[0], *actions[1])
        if not ACTION.fullmatch(action)
    ]
    resources: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    if kind == "trust":
        if "Resource" in item or "NotResource" in item:
            reasons.append(f"A trust policy has no Resource ({where}).")
        resources = (("*",), ())
    else:
        resources = _pair(item, "Resource", where, reasons)
    reasons += [
        f"Resource {resource!r} in {where} is not an ARN or *."
        for resource in (*resources[0], *resources[1])
        if resource != "*" and not resource.startswith(("arn:", "${"))
    ]
    principals, not_principals = _principals(item, kind, where, reasons)
    return Statement(
        index,
        sid,
        effect == "Allow",
        *actions,
        *resources,
        principals,
        not_principals,
        conditions.parse(item.get("Condition", {}), where, reasons),
        variables,
    )


def _pair(
    item: Mapping[str, Any], name: str, where: str, reasons: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if (name in item) == (f"Not{name}" in item):
        reasons.append(f"{where.capitalize()} needs exactly one of {name} and Not{name}.")
        return (), ()
    positive = name in item
    values = _strings(item[name if positive else f"Not{name}"])
    if not values:
        reasons.append(f"{name} in {where} must be a string or a list of strings.")
    return (values, ()) if positive else ((), values)


def _principals(item: Mapping[str, Any], kind: Kind, where: str, reasons: list[str]) -> tuple[Any, Any]:
    present = [name for name in ("Principal", "NotPrincipal") if name in item]
    if kind == "identity":
        reasons += [f"An identity policy has no {name} ({where})." for name in present]
        return None, None
    if len(present) != 1:
        reasons.append(f"{where.capitalize()} needs a Principal.")
        return (), None
    values = _principal_values(item[present[0]], where, reasons)
    return (values, None) if present[0] == "Principal" else (None, values)


def _principal_values(raw: Any, where: str, reasons: list[str]) -> tuple[tuple[str, str], ...]:
    if raw == "*":
        return (("AWS", "*"),)
    if not isinstance(raw, Mapping) or not raw:
        reasons.append(f'Principal in {where} must be "*" or an object such as {{"AWS": "arn:…"}}.')
        return ()
    _unknown(raw, PRINCIPAL_TYPES, f"the Principal of {where}", reasons)
    found = []
    for kind, value in raw.items():
        values = _strings(value)
        if not values:
            reasons.append(f"Principal {kind} in {where} must be a string or a list of strings.")
        for one in values:
            if kind == "AWS" and not _is_aws_principal(one):
                reasons.append(f"Principal {one!r} in {where} is not an account, user, role or session.")
            if kind == "Service" and not re.fullmatch(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)", one):
                reasons.append(f"Principal {one!r} in {where} is not an AWS service.")
            found.append((str(kind), one))
    return tuple(found)


def _is_aws_principal(value: str) -> bool:
    return value == "*" or any(form.fullmatch(value) for form in (ACCOUNT, PRINCIPAL_ARN, CLOUDFRONT_ARN, UNIQUE_ID))


def _strings(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(values) if all(isinstance(one, str) and one for one in values) else ()


def _unknown(data: Mapping[str, Any], known: tuple[str, ...], where: str, reasons: list[str]) -> None:
    for name in data:
        if name not in known:
            near = closest(str(name), known)
            reasons.append(f"{name!r} in {where} is not known" + (f"; did you mean {near}?" if near else "."))


def _unique(pairs: list[tuple[str, Any]], reasons: list[str]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    reasons += [f"{name!r} stands twice in one object." for name in sorted({n for n in names if names.count(n) > 1})]
    return dict(pairs)
