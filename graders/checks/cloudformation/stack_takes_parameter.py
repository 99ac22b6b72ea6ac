"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""

import json
import re
from typing import Any

from graders import Account, Fail, check, stacks


@check(permissions=stacks.PERMISSIONS)
def stack_takes_parameter(
    account: Account,
    *,
    stack: str,
    parameter: str,
    allowed: list[str] | None = None,
    value: str = "",
    hidden: bool | None = None,
) -> None:
    """The template of {stack} takes {parameter} and uses it.

    `allowed`: exactly these values may be given, by AllowedValues or by a pattern. `value`: what the stack runs with.
    `hidden`: NoEcho. A parameter that no resource, condition or output refers to does not count.
    """
    found, template = stacks.the_stack(account, stack), stacks.template(account, stack)
    declared: dict[str, Any] = template.get("Parameters", {})
    values: dict[str, Any] = {"stack": stack, "parameter": parameter, "allowed": allowed or [], "value": value}
    near = next((name for name in declared if name.lower() == parameter.lower()), "")
    one = declared.get(parameter)
    said = ""
    if one is None:
        said = "The template of {stack} has no parameter {parameter}." + (" It has {near}." if near else "")
    elif not _used(template, parameter):
        said = "The template of {stack} never refers to its parameter {parameter}."
    elif allowed and (wrong := _admits_other(one, allowed)):
        said, values["wrong"] = "The parameter {parameter} takes {wrong}.", wrong
    elif hidden is not None and (str(one.get("NoEcho", "false")).lower() == "true") is not hidden:
        said = "The value of {parameter} is shown to everybody." if hidden else "The value of {parameter} is hidden."
    else:
        given = {it["ParameterKey"]: it.get("ParameterValue", "") for it in found.get("Parameters", [])}
        if value and given.get(parameter) != value:
            said, values["given"] = "The stack {stack} runs with {parameter}={given}.", given.get(parameter, "nothing")
    if said:
        raise Fail(
            said,
            looked_at="the template and the parameters of {stack}",
            needed="A parameter {parameter}"
            + (", one of {allowed}" if allowed else "")
            + (", {value}" if value else "")
            + ".",
            try_="aws cloudformation update-stack with the template put right.",
            near=near,
            **values,
        )


def _used(template: dict[str, Any], name: str) -> bool:
    rest = {key: part for key, part in template.items() if key not in ("Parameters", "Metadata")}
    text = json.dumps(rest, default=str)
    return f'{{"Ref": "{name}"}}' in text or re.search(rf"\$\{{{re.escape(name)}\}}", text) is not None


def _admits_other(parameter: dict[str, Any], allowed: list[str]) -> str:
    """A value that the parameter takes and should not, or what it should take and does not; ""."""
    values = [str(one) for one in parameter.get("AllowedValues", [])]
    if values:
        other = [one for one in values if one not in allowed]
        missing = [one for one in allowed if one not in values]
        return ", ".join(other) if other else f"no {missing[0]}" if missing else ""
    literal = re.fullmatch(r"\^?\(?([\w|-]+)\)?\$?", str(parameter.get("AllowedPattern", "")))
    if literal and sorted(literal[1].split("|")) == sorted(allowed):
        return ""
    return "any value"
