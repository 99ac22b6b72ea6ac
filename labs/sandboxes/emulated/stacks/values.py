"""What a template's functions mean, each nested in any other as AWS allows it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from labs.sandboxes.emulated.errors import AwsError

__all__ = ["condition", "install", "invalid", "names_in", "resolve", "walk"]

_SUB: Final = re.compile(r"\$\{([^${}]*)\}")
_DYNAMIC: Final = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")
_MOST_BLOCKS: Final = 256


def install() -> None:
    """Put these in the place of moto's, which lack Fn::Cidr, nested arguments and errors."""
    parsing.clean_json = resolve
    parsing.parse_condition = condition


def invalid(message: str) -> AwsError:
    """Return CloudFormation's error for what is wrong with a template or a call."""
    return AwsError("ValidationError", message, 400)


def resolve(value: Any, held: Any) -> Any:
    """Return `value` with its functions worked out; `held`: moto's ResourceMap. None is AWS::NoValue. Raises AwsError."""
    if isinstance(value, list):
        return [found for each in value if (found := resolve(each, held)) is not None]
    if isinstance(value, str):
        return _DYNAMIC.sub(lambda found: _dynamic(found[1], found[2], held), value) if "{{resolve:" in value else value
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, given = next(iter(value.items()))
        if name == "Fn::Transform":
            raise invalid("Template error: Fn::Transform is not simulated here.")
        if function := _FUNCTIONS.get(name):
            return function(given, held)
    return {name: found for name, each in value.items() if (found := resolve(each, held)) is not None}


def condition(given: Any, held: Any, known: Any) -> bool:
    """Return whether a condition holds; `known`: the named ones."""
    if isinstance(given, bool):
        return given
    if not isinstance(given, dict) or len(given) != 1:
        return str(given).lower() == "true"
    name, values = next(iter(given.items()))
    if name == "Condition":
        if values not in known:
            raise invalid(f"Template format error: Unresolved condition dependency {values} in the Conditions block")
        return bool(known[values])
    if name == "Fn::Equals":
        first, second = (resolve(each, held) for each in values)
        return _plain(first) == _plain(second)
    met = (condition(each, held, known) for each in (values if isinstance(values, list) else [values]))
    if name == "Fn::Not":
        return not next(met)
    if name == "Fn::And":
        return all([*met])
    if name == "Fn::Or":
        return any([*met])
    raise invalid(f"Template error: {name} is not a condition function")


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each function of a part of a template with its argument: ("Ref", "Queue"), ("Fn::GetAtt", ["Queue", "Arn"])."""
    if isinstance(value, list):
        for each in value:
            yield from walk(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            name, given = next(iter(value.items()))
            if name in _FUNCTIONS:
                yield name, given
        for each in value.values():
            yield from walk(each)


def names_in(value: Any) -> Iterator[str]:
    """Yield the logical names (resources, parameters) that a part of a template speaks of."""
    for name, given in walk(value):
        if name == "Ref":
            yield str(given)
        elif name == "Fn::GetAtt":
            yield str(given if isinstance(given, str) else given[0]).partition(".")[0]
        elif name == "Fn::Sub":
            text, own = (given[0], given[1]) if isinstance(given, list) else (given, {})
            for found in _SUB.findall(str(text)):
                if not found.startswith("!") and found.strip() not in own:
                    yield found.strip().partition(".")[0] if not found.strip().startswith("AWS::") else found.strip()


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ref(name: Any, held: Any) -> Any:
    try:
        found = held[name]
    except KeyError as error:
        message = (
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
        )
        raise invalid(message) from error
    return getattr(found, "physical_resource_id", found)


def _get_att(given: Any, held: Any) -> Any:
    name, attribute = given.split(".", 1) if isinstance(given, str) else (given[0], resolve(given[1], held))
    found = held[name] if name in held else None  # noqa: SIM401 - a Mapping whose get() makes
    if found is None:
        raise invalid(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
    try:
        return found.get_cfn_attribute(attribute)
    except (NotImplementedError, UnformattedGetAttTemplateException, AttributeError, KeyError) as error:
        value = _known(found, str(attribute))
        if value is None:
            message = f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
            raise invalid(message) from error
        return value


def _known(resource: Any, attribute: str) -> Any:
    """Return an attribute that moto has and does not give; None where there is none of the name."""
    kind = str(getattr(resource, "cf_resource_type", "")).rpartition(":")[2]
    if attribute in (f"{kind}Id", f"{kind.capitalize()}Id", "Id"):
        return resource.physical_resource_id
    given = resource.__dict__.get("cf_properties", {}).get(attribute)
    if isinstance(given, (str, int, float, list)):
        return given
    value = getattr(resource, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", attribute).lower(), None)
    return value if isinstance(value, (str, int, float)) else None


def _if(given: Any, held: Any) -> Any:
    name, yes, no = given
    if name not in held.lazy_condition_map:
        raise invalid(f"Template format error: Unresolved condition {name}")
    return resolve(yes if held.lazy_condition_map[name] else no, held)


def _join(given: Any, held: Any) -> str:
    delimiter, values = given
    found = resolve(values, held)
    if not isinstance(found, list):
        raise invalid("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a "
                      "list of strings to be joined or a function that returns a list of strings")  # fmt: skip
    return str(delimiter).join(_plain(each) for each in found)


def _split(given: Any, held: Any) -> list[str]:
    return str(resolve(given[1], held)).split(str(resolve(given[0], held)))


def _select(given: Any, held: Any) -> Any:
    index, values = resolve(given[0], held), resolve(given[1], held)
    if isinstance(values, str):
        values = values.split(",")
    if not str(index).isdigit() or not 0 <= int(index) < len(values):
        raise invalid(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return values[int(index)]


def _sub(given: Any, held: Any) -> str:
    text, own = (given[0], given[1]) if isinstance(given, list) else (given, {})

    def fill(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in own:
            return _plain(resolve(own[name], held))
        if "." in name:
            return _plain(_get_att(name, held))
        value = _ref(name, held)
        return ",".join(map(str, value)) if isinstance(value, list) else _plain(value)

    return str(resolve(_SUB.sub(fill, str(text)), held))


def _find_in_map(given: Any, held: Any) -> Any:
    path = [resolve(each, held) for each in given[:3]]
    found: Any = held._template.get("Mappings", {})
    for step in path:
        found = found.get(str(step), found.get(step)) if isinstance(found, dict) else None
        if found is None:
            if len(given) > 3 and "DefaultValue" in given[3]:
                return resolve(given[3]["DefaultValue"], held)
            raise invalid(f"Template error: Unable to get mapping for {'::'.join(map(str, path))}")
    return found


def _cidr(given: Any, held: Any) -> list[str]:
    block, count, *rest = [resolve(each, held) for each in given]
    try:
        network = ipaddress.ip_network(str(block))
        bits = int(rest[0]) if rest else 8
        if not 1 <= int(count) <= _MOST_BLOCKS:
            raise ValueError(f"count {count}")
        made = [
            str(each) for each in itertools.islice(network.subnets(new_prefix=network.max_prefixlen - bits), int(count))
        ]
    except (TypeError, ValueError) as error:
        raise invalid(f"Template error: Fn::Cidr cannot make {count} blocks of {block}: {error}") from error
    if len(made) < int(count):
        raise invalid(f"Template error: Fn::Cidr: {block} has no room for {count} blocks with {bits} bits of addresses")
    return made


def _get_azs(given: Any, held: Any) -> list[str]:
    region = resolve(given, held) or held["AWS::Region"]
    return [each.name for each in RegionsAndZonesBackend.zones.get(region, [])]


def _import(given: Any, held: Any) -> Any:
    name = resolve(given, held)
    for each in (held.cross_stack_resources or {}).values():
        if each.name == name:
            return each.value
    raise invalid(f"No export named {name} found.")


def _dynamic(service: str, rest: str, held: Any) -> str:
    account, region = held._account_id, held._region_name
    if service != "secretsmanager":
        found = ssm_backends[account][region].get_parameter(rest)
        if found is None:
            raise invalid(f"Parameters: [{rest}] cannot be found.")
        return str(found.value)
    arn = rest.startswith("arn:")
    parts = rest.split(":")
    name, more = (":".join(parts[:7]), parts[7:]) if arn else (parts[0], parts[1:])
    secret = secretsmanager_backends[account][region].get_secret_value(name, "", "")
    text = str(secret["SecretString"])
    return str(json.loads(text)[more[1]]) if len(more) > 1 and more[1] else text


def _base64(given: Any, held: Any) -> str:
    return base64.b64encode(str(resolve(given, held)).encode()).decode()


_FUNCTIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import,
    "Fn::Join": _join,
    "Fn::Length": lambda given, held: len(resolve(given, held)),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": lambda given, held: json.dumps(resolve(given, held)),
    "Ref": _ref,
}
