"""What AWS's services know: actions with their access level, the resources they act on, the keys they carry.

From data/actions.json (see data/make.py), read when it is first asked for. Services outside it are not judged.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.iam import patterns
from graders.iam.document import Document
from graders.nearby import closest

DATA = Path(__file__).parent / "data" / "actions.json"
LEVELS = {"L": "List", "R": "Read", "W": "Write", "P": "Permissions management", "T": "Tagging"}
VARIABLE = re.compile(r"\$\{(\w+)\}")
# Names that hold no slash; the last part of any other ARN may.
SLASHLESS = {"BucketName", "QueueName", "TopicName", "TableName", "FunctionName", "KeyId", "InstanceId"}


class UnknownAction(ValueError):
    """AWS has no such action; `suggestion` is the nearest one, or ""."""

    def __init__(self, action: str, suggestion: str) -> None:
        super().__init__(f"There is no action {action}" + (f"; did you mean {suggestion}?" if suggestion else "."))
        self.suggestion = suggestion


@dataclass(frozen=True)
class ResourceType:
    """`arn` as AWS writes it: "arn:${Partition}:s3:::${BucketName}"; `keys` are its condition keys."""

    name: str
    arn: str
    keys: tuple[str, ...]

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = VARIABLE.findall(self.arn)
        parts = VARIABLE.split(self.arn)
        text = [re.escape(part) if place % 2 == 0 else "[^:/]*" for place, part in enumerate(parts)]
        if names and names[-1] not in SLASHLESS and self.arn.endswith("}"):
            text[-2] = ".+"
        return re.compile("".join(text))

    def is_form_of(self, arn: str) -> bool:
        return self._pattern.fullmatch(arn) is not None

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """What an ARN of this type names beside partition, region and account: ("BucketName", "ObjectName")."""
        return tuple(one for one in VARIABLE.findall(self.arn) if one not in ("Partition", "Region", "Account"))

    def filled(self, values: Mapping[str, str]) -> str:
        """An ARN of this type; what `values` do not hold is "*"."""
        return VARIABLE.sub(lambda match: values.get(match[1], "*"), self.arn)

    def example(self, account: str, region: str) -> str:
        """A concrete ARN of this type: named parts are "example"."""
        known = {"Partition": "aws", "Region": region, "Account": account}
        return VARIABLE.sub(lambda match: known.get(match[1], "example"), self.arn)

    @property
    def literal(self) -> int:
        """How much of the ARN is fixed: of two types that cover an ARN the more literal one is meant."""
        return len(VARIABLE.sub("", self.arn))


@dataclass(frozen=True)
class Action:
    """`name` "s3:GetObject"; `level` one of LEVELS; `types` the kinds of resource; `keys` its own condition keys.

    Of `types` those in `required` are asked of each request, the others only where the request names such a resource.
    """

    name: str
    level: str
    types: tuple[ResourceType, ...]
    keys: tuple[str, ...]
    required: tuple[ResourceType, ...] = ()

    def acts_on(self, arn: str) -> bool:
        """Whether an ARN is of a kind that the action asks for; "*" where it asks for none."""
        if not self.types:
            return arn == "*"
        service = services()[self.name.partition(":")[0]]
        of_form = [one for one in service.resources.values() if one.is_form_of(arn)]
        most = max((one.literal for one in of_form), default=0)
        return any(one.literal == most and one in self.types for one in of_form)


@dataclass(frozen=True)
class Service:
    """`prefix` "s3"; `url` its page in the Service Authorization Reference; `actions` by name in lower case."""

    prefix: str
    name: str
    url: str
    actions: Mapping[str, Action]
    resources: Mapping[str, ResourceType]


@functools.cache
def services() -> Mapping[str, Service]:
    """The known services by prefix."""
    return {prefix: _service(prefix, raw) for prefix, raw in json.loads(DATA.read_text()).items()}


def find(action: str) -> Action:
    """An action by its name in any case; raises UnknownAction with the nearest name."""
    prefix, _, name = action.partition(":")
    service = services().get(prefix.lower())
    if service is None:
        near = closest(prefix, services())
        raise UnknownAction(action, f"{near}:{name}" if near and name else near)
    found = service.actions.get(name.lower())
    if found is None:
        near = closest(name, (one.name.partition(":")[2] for one in service.actions.values()))
        raise UnknownAction(action, f"{service.prefix}:{near}" if near else "")
    return found


@functools.lru_cache(4096)
def expand(pattern: str) -> tuple[str, ...]:
    """The known actions that a pattern ("s3:Get*", "*") covers, in AWS's own case and order of the alphabet."""
    prefix = pattern.partition(":")[0].lower()
    found = (
        services().values() if "*" in prefix or "?" in prefix else [services()[prefix]] if prefix in services() else []
    )
    test = patterns.ready(pattern.lower())
    return tuple(sorted(one.name for service in found for one in service.actions.values() if test(one.name.lower())))


def known(action: str) -> bool:
    """Whether an action or a pattern covers anything; a service outside the data is given the benefit of the doubt."""
    prefix = action.partition(":")[0].lower()
    return "*" in prefix or "?" in prefix or prefix not in services() or bool(expand(action))


def nonsense(document: Document) -> list[str]:
    """Sentences: actions that do not exist, and actions that never meet the resources of their statement.

    AWS stores such a policy (S3 does not); the statement does nothing. It is what Access Analyzer warns of:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    found = []
    for statement in document.statements:
        for one in (*statement.actions, *statement.not_actions):
            if not known(one):
                near = _near(one)
                hint = f"; did you mean {near}?" if near else "."
                found.append(f"{statement.label.capitalize()}: there is no action {one}{hint}")
        if statement.resources and "*" not in statement.resources and statement.actions:
            unmet = _unmet(statement.actions, statement.resources)
            found += [f"{statement.label.capitalize()}: {sentence}" for sentence in unmet]
    return found


def _near(pattern: str) -> str:
    try:
        return find(pattern.replace("*", "").replace("?", "")).name
    except UnknownAction as unknown:
        return unknown.suggestion


def _unmet(actions: Iterable[str], resources: Iterable[str]) -> Iterator[str]:
    arns = [patterns.instance(one) for one in resources if "${" not in one]
    for one in actions:
        names = expand(one)
        if len(names) != 1 or not arns or any("*" in part for arn in resources for part in arn.split(":", 5)[:5]):
            continue
        action = find(names[0])
        if not any(action.acts_on(arn) for arn in arns):
            kinds = ", ".join(kind.arn for kind in action.types) or "* only"
            yield f"{one} acts on none of these resources; it wants {kinds}."


def _service(prefix: str, raw: Mapping[str, Any]) -> Service:
    keys = raw["keys"]
    resources = {
        name: ResourceType(name, arn, tuple(keys[number] for number in numbers))
        for name, (arn, numbers) in raw["resources"].items()
    }
    actions = {}
    for name, (level, types, numbers) in raw["actions"].items():
        kinds = [one for one in types.split() if one.rstrip("*") in resources]
        actions[name.lower()] = Action(
            f"{prefix}:{name}",
            LEVELS[level],
            tuple(resources[one.rstrip("*")] for one in kinds),
            tuple(keys[number] for number in numbers),
            tuple(resources[one.rstrip("*")] for one in kinds if one.endswith("*")),
        )
    return Service(prefix, raw["name"], raw["url"], actions, resources)
