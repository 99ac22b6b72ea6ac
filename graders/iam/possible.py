"""What keys that a request does not carry could make of its answer.

A condition may read a key that nobody has told us: the answer then depends on it, if some value of the key turns it.
The values to try follow from the policies themselves (`candidates`); above LIMIT combinations every key counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graders.iam.candidates import Value, candidates, read_keys
from graders.iam.document import Statement
from graders.iam.evaluate import bears, evaluate, whole_context
from graders.iam.request import Kind, Policies, Request

LIMIT = 2_000
NAMES = (
    "aws:SecureTransport aws:SourceIp aws:SourceVpc aws:SourceVpce aws:VpcSourceIp aws:SourceArn aws:SourceAccount "
    "aws:PrincipalOrgID aws:PrincipalOrgPaths aws:RequestedRegion aws:CurrentTime aws:EpochTime aws:UserAgent "
    "aws:MultiFactorAuthPresent aws:MultiFactorAuthAge aws:TokenIssueTime aws:CalledVia aws:ViaAWSService aws:TagKeys "
    "aws:SourceIdentity sts:ExternalId sts:SourceIdentity sts:RoleSessionName kms:ViaService aws:Referer"
)
SPELLED = {name.lower(): name for name in NAMES.split()}


@dataclass(frozen=True)
class Possible:
    """`depends_on`: the missing keys that could turn the answer, as AWS spells them; empty when none can.

    `allowing` and `denying` are values of the missing keys, one set of each outcome (None: absent); empty when there
    is no such set. `exact` is False when there were too many combinations to try: then every missing key counts.
    """

    depends_on: tuple[str, ...] = ()
    allowing: tuple[tuple[str, Value], ...] = ()
    denying: tuple[tuple[str, Value], ...] = ()
    exact: bool = True


def possible(request: Request, policies: Policies) -> Possible:
    """Try what the missing keys could be."""
    if request.complete:
        return Possible()
    given = whole_context(request, policies)
    statements = list(_bearing(request, policies))
    values: dict[str, tuple[Value, ...]] = {}
    for key, conditions in read_keys(statements).items():
        if key not in given and request.may_carry(key):
            hints = _hints(key, statements, request, given)
            values[key] = candidates(key, conditions, hints=hints)
    if not values:
        return Possible()
    names = {key: spelled(key) for key in values}
    size = 1
    for one in values.values():
        size *= len(one)
    if size > LIMIT:
        return Possible(tuple(sorted(names.values())), exact=False)
    answers: dict[tuple[Value, ...], bool] = {}
    for chosen in itertools.product(*values.values()):
        extra = {key: value for key, value in zip(values, chosen, strict=True) if value is not None}
        asked = Request(request.principal, request.action, request.resource, {**request.context, **extra})
        answers[chosen] = evaluate(asked, policies).allowed
    turning = _turning(tuple(values), answers)
    if not turning:
        return Possible()

    def shown(outcome: bool) -> tuple[tuple[str, Value], ...]:
        chosen = next(one for one, allowed in answers.items() if allowed is outcome)
        return tuple((names[key], value) for key, value in zip(values, chosen, strict=True) if key in turning)

    return Possible(tuple(sorted(names[key] for key in turning)), shown(True), shown(False))


def spelled(key: str) -> str:
    """A key as AWS spells it, where we know; keys ignore case."""
    return SPELLED.get(key, key)


def _bearing(request: Request, policies: Policies) -> Iterator[Statement]:
    kinds = [kind for kind in Kind if bears(kind, request, policies)]
    for layer in policies.layers(*kinds):
        for policy in layer.policies:
            yield from policy.document.about(request.action)


def _turning(keys: tuple[str, ...], answers: Mapping[tuple[Value, ...], bool]) -> set[str]:
    """The keys of which one value allows and another denies, all else the same."""
    if len(set(answers.values())) < 2:
        return set()
    found = set()
    for place, key in enumerate(keys):
        seen: dict[tuple[Value, ...], bool] = {}
        for chosen, allowed in answers.items():
            if seen.setdefault(chosen[:place] + chosen[place + 1 :], allowed) is not allowed:
                found.add(key)
                break
    return found


def _hints(
    key: str, statements: list[Statement], request: Request, given: Mapping[str, str | tuple[str, ...]]
) -> list[str]:
    """What a variable must be for a resource pattern or a condition to cover what is asked about."""
    wanted = "${" + key + "}"
    found = []
    for statement in statements:
        for pattern in statement.resource_tests[1]:
            at = pattern.lower().find(wanted)
            if at >= 0 and "*" not in pattern[:at]:
                found.append(request.resource[at:].partition("/")[0].partition(":")[0])
        for condition in statement.conditions:
            value = given.get(condition.key)
            if any(wanted == one.lower() for one in condition.values) and isinstance(value, str):
                found.append(value)
    return [one for one in found if one]


__all__ = ["Possible", "possible", "spelled"]
