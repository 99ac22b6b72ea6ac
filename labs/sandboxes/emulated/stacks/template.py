"""A template as CloudFormation reads it before it makes anything: its form, its parameters, its order.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml
from moto.cloudformation.models import Stack

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.stacks.schemas import exists
from labs.sandboxes.emulated.stacks.values import invalid, names_in

__all__ = ["capabilities", "check_parameters", "expand", "order", "read"]

_SECTIONS: Final = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Hooks",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_OURS: Final = ("AWS::CloudFormation::", "Custom::")
_NAMED: Final = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_IAM: Final = frozenset({*_NAMED, "AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"})


def read(text: str) -> dict[str, Any]:
    """Return the template. Raises AwsError in CloudFormation's words where its form is wrong."""
    try:
        found = Stack.parse_template(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        kind = "JSON" if text.lstrip().startswith("{") else "YAML"
        raise invalid(f"Template format error: {kind} not well-formed.{_where(error)}") from error
    if not isinstance(found, dict):
        raise invalid("Template format error: unsupported structure.")
    if unknown := [name for name in found if name not in _SECTIONS]:
        raise invalid(f"Invalid template property or properties [{', '.join(map(str, unknown))}]")
    for name in ("Resources", "Parameters", "Outputs", "Mappings", "Conditions"):
        if name in found and not isinstance(found[name], dict):
            raise invalid(f"Template format error: [/{name}] 'null' values are not allowed in templates")
    if not found.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    transforms = found.get("Transform") or []
    for each in transforms if isinstance(transforms, list) else [transforms]:
        if each != "AWS::LanguageExtensions":
            raise invalid(f"Transform {each} is not simulated here: write the resources out.")
    return found


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


def expand(template: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with its Fn::ForEach written out, and its form checked to the last name. Raises AwsError."""
    if "AWS::LanguageExtensions" in str(template.get("Transform") or ""):
        template = _unrolled(template, {**_defaults(template), **parameters})
    resources = template["Resources"]
    unknown = set()
    for name, each in resources.items():
        if not str(name).isalnum():
            raise invalid(f"Template format error: Resource name {{{name}}} is non alphanumeric.")
        if not isinstance(each, dict) or not isinstance(each.get("Type"), str):
            message = f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            raise invalid(message)
        if not exists(each["Type"]) and not each["Type"].startswith(_OURS):
            unknown.add(each["Type"])
        if "Condition" in each and each["Condition"] not in template.get("Conditions", {}):
            message = f"Template format error: Unresolved condition {each['Condition']} in resource {name}"
            raise invalid(message)
    if unknown:
        raise invalid(f"Template format error: Unrecognized resource types: [{', '.join(sorted(unknown))}]")
    known = {*resources, *template.get("Parameters", {})}
    for block, parts in (("Resources", resources), ("Outputs", template.get("Outputs", {}))):
        missing = {name for part in parts.values() for name in names_in(part)} - known
        for part in resources.values() if block == "Resources" else ():
            missing |= set(_depends(part)) - {*resources}
        missing = {name for name in missing if not name.startswith("AWS::")}
        if missing:
            message = (
                f"Unresolved resource dependencies [{', '.join(sorted(missing))}] in the {block} block of the template"
            )
            raise invalid(f"Template format error: {message}")
    for name, part in template.get("Outputs", {}).items():
        if not isinstance(part, dict) or "Value" not in part:
            raise invalid(f"Template format error: [/Outputs/{name}] Every Outputs member must contain a Value object")
    order(resources)
    return template


def order(resources: Mapping[str, Any]) -> list[str]:
    """Return the logical names, each after those that it needs. Raises AwsError where they need each other."""
    needs = {
        name: [
            each for each in dict.fromkeys((*_depends(part), *names_in(part.get("Properties")))) if each in resources
        ]
        for name, part in resources.items()
    }
    done: dict[str, None] = {}
    while len(done) < len(needs):
        ready = [name for name, wanted in needs.items() if name not in done and all(each in done for each in wanted)]
        if not ready:
            circle = ", ".join(name for name in needs if name not in done)
            raise invalid(f"Circular dependency between resources: [{circle}]")
        done[ready[0]] = None
    return [*done]


def _depends(part: Mapping[str, Any]) -> list[str]:
    given = part.get("DependsOn") or []
    return [given] if isinstance(given, str) else [*given]


def capabilities(template: Mapping[str, Any]) -> str:
    """Return the capability that the template asks for ("" for none).

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    made = [each for each in template["Resources"].values() if each.get("Type") in _IAM]
    if any(_NAMED.get(each["Type"], "?") in (each.get("Properties") or {}) for each in made):
        return "CAPABILITY_NAMED_IAM"
    if any(each.get("Type") == "AWS::CloudFormation::Stack" for each in template["Resources"].values()) and made:
        return "CAPABILITY_IAM"
    return "CAPABILITY_IAM" if made else ""


def check_parameters(template: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse parameters that are missing, unknown or against their constraints. Raises AwsError.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    slots = template.get("Parameters") or {}
    if unknown := [name for name in given if name not in slots]:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if missing := [name for name, slot in slots.items() if name not in given and "Default" not in slot]:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in slots.items():
        if not isinstance(slot, dict) or "Type" not in slot:
            raise invalid(
                f"Template format error: [/Parameters/{name}] Every Parameters object must contain a Type member."
            )
        value = given.get(name, slot.get("Default"))
        if fault := _fault(name, str(value), slot):
            raise invalid(fault)


def _fault(name: str, value: str, slot: Mapping[str, Any]) -> str:
    described = slot.get("ConstraintDescription")
    said = f"Parameter {name} failed to satisfy constraint: {described}" if described else ""
    kind = str(slot["Type"])
    if kind == "Number":
        try:
            number = float(value)
        except ValueError:
            return f"Parameter '{name}' must be a number"
        if "MinValue" in slot and number < float(slot["MinValue"]):
            return said or f"Parameter '{name}' must be a number not less than {slot['MinValue']}"
        if "MaxValue" in slot and number > float(slot["MaxValue"]):
            return said or f"Parameter '{name}' must be a number not greater than {slot['MaxValue']}"
    if "AllowedValues" in slot and value not in [str(each) for each in slot["AllowedValues"]]:
        return said or f"Parameter '{name}' must be one of AllowedValues"
    if kind != "String":
        return ""
    if "AllowedPattern" in slot:
        try:
            fits = re.fullmatch(str(slot["AllowedPattern"]), value)
        except re.error as error:
            raise invalid(f"Invalid regular expression in the AllowedPattern of {name}") from error
        if not fits:
            return said or f"Parameter '{name}' must match pattern {slot['AllowedPattern']}"
    if "MinLength" in slot and len(value) < int(slot["MinLength"]):
        return said or f"Parameter '{name}' must contain at least {slot['MinLength']} characters"
    if "MaxLength" in slot and len(value) > int(slot["MaxLength"]):
        return said or f"Parameter '{name}' must contain at most {slot['MaxLength']} characters"
    return ""


def _defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    return {name: slot.get("Default") for name, slot in (template.get("Parameters") or {}).items()}


def _unrolled(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Write out "Fn::ForEach::Loop": [name, list, {"Key${name}": …}] wherever a mapping has it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
    """
    if isinstance(value, list):
        return [_unrolled(each, parameters) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, each in value.items():
        if not str(name).startswith("Fn::ForEach::"):
            made[name] = _unrolled(each, parameters)
            continue
        try:
            identifier, collection, body = each
        except (TypeError, ValueError) as error:
            raise invalid(f"Template error: {name} is malformed") from error
        if isinstance(collection, dict) and "Ref" in collection:
            collection = str(parameters.get(collection["Ref"], "")).split(",")
        if not isinstance(collection, list) or len(collection) > 100:
            raise AwsError("ValidationError", f"Template error: {name} could not resolve its collection", 400)
        for item in collection:
            made |= _unrolled(_filled(body, str(identifier), str(item)), parameters)
    return made


def _filled(value: Any, identifier: str, item: str) -> Any:
    if isinstance(value, str):
        plain = re.sub(r"[^A-Za-z0-9]", "", item)
        return value.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", plain)
    if isinstance(value, list):
        return [_filled(each, identifier, item) for each in value]
    if isinstance(value, dict):
        if value == {"Ref": identifier}:
            return item
        return {_filled(name, identifier, item): _filled(each, identifier, item) for name, each in value.items()}
    return value
