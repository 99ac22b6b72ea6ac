"""Makes, changes and takes away a stack's resources in order, with events; what fails is undone.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Event, Stack, cloudformation_backends
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException

from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.stacks import schemas
from labs.sandboxes.emulated.stacks.completions import complete, identify
from labs.sandboxes.emulated.stacks.kinds import KINDS, Made
from labs.sandboxes.emulated.stacks.removal import keep_snapshot, remove
from labs.sandboxes.emulated.stacks.rights import hold
from labs.sandboxes.emulated.stacks.template import order
from labs.sandboxes.emulated.stacks.values import condition, invalid, resolve

__all__ = [
    "Failed",
    "State",
    "bare",
    "born",
    "check",
    "create",
    "delete",
    "importers",
    "is_wanted",
    "make",
    "policy_of",
    "reason_of",
    "say",
    "settle_outputs",
    "states_of",
    "tell",
]

_HANDLES = "AWS::CloudFormation::WaitConditionHandle"


@dataclass
class State:
    """One resource of a stack as DescribeStackResources shows it; `properties` as they were worked out."""

    kind: str
    status: str
    reason: str = ""
    physical: str = ""
    at: Any = None
    properties: dict[str, Any] = field(default_factory=dict)
    policy: str = ""


class Failed(Exception):
    """A resource was not made or changed: its logical name, and why."""

    def __init__(self, name: str, reason: str, status: str) -> None:
        super().__init__(reason)
        self.name, self.reason, self.status = name, reason, status


def states_of(stack: Any) -> dict[str, State]:
    """Return the stack's resources by logical name; they live in moto's object, and go where it goes."""
    found: dict[str, State] = stack.__dict__.setdefault("states", {})
    return found


def say(stack: Any, status: str, reason: str | None = None) -> None:
    """The stack itself has another status."""
    stack.status, stack.stack_status_reason = status, reason
    stack._add_stack_event(status, reason)


def tell(stack: Any, name: str, status: str, reason: str | None = None) -> None:
    state = states_of(stack)[name]
    state.status, state.reason, state.at = status, reason or "", utcnow()
    event = Event(
        stack.stack_id, stack.name, name, state.physical, state.kind, status, reason, json.dumps(state.properties)
    )
    event.sendToSns(stack.account_id, stack.region_name, stack.notification_arns)
    stack.events.append(event)


def create(stack: Any, on_failure: str) -> None:
    """Make everything; where something fails, do what `on_failure` says: ROLLBACK, DELETE or DO_NOTHING."""
    say(stack, "CREATE_IN_PROGRESS", "User Initiated")
    try:
        for name in order(stack.template_dict["Resources"]):
            make(stack, name)
        settle_outputs(stack)
    except Failed as failure:
        said = (
            f"The following resource(s) failed to create: [{failure.name}]. " if failure.name else f"{failure.reason}. "
        )
        stack.exports_made = {}
        if on_failure == "DO_NOTHING":
            say(stack, "CREATE_FAILED", said)
            return
        kept = ("DELETE_IN_PROGRESS", "DELETE") if on_failure == "DELETE" else ("ROLLBACK_IN_PROGRESS", "ROLLBACK")
        say(stack, kept[0], f"{said}{'Delete' if kept[1] == 'DELETE' else 'Rollback'} requested by user.")
        left = _take_away(stack, [*states_of(stack)][::-1], rollback=True)
        end = "FAILED" if left else "COMPLETE"
        say(
            stack,
            f"{kept[1]}_{end}",
            f"The following resource(s) failed to delete: [{', '.join(left)}]. " if left else None,
        )
        return
    say(stack, "CREATE_COMPLETE")


def delete(stack: Any, retained: frozenset[str] = frozenset()) -> None:
    """Take everything away but what is retained; DELETE_FAILED where something stays."""
    say(stack, "DELETE_IN_PROGRESS", "User Initiated")
    names = [name for name in [*states_of(stack)][::-1] if name not in retained]
    left = _take_away(stack, names)
    if left:
        say(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(left)}]. ")
        return
    stack.exports_made, stack.outputs_made = {}, []
    stack.deletion_time = utcnow()
    say(stack, "DELETE_COMPLETE")


def make(stack: Any, name: str) -> None:
    part, held = stack.template_dict["Resources"][name], stack.resource_map
    if not is_wanted(part, held):
        return
    kind = part["Type"]
    state = states_of(stack)[name] = State(kind, "CREATE_IN_PROGRESS", policy=policy_of(part))
    tell(stack, name, "CREATE_IN_PROGRESS")
    try:
        state.properties = resolve(part.get("Properties") or {}, held)
        check(kind, state.properties)
        hold(stack, kind, "create", state.properties)
        resource = born(stack, name, kind, part, state.properties)
    except Exception as error:
        reason = reason_of(kind, error)
        tell(stack, name, "CREATE_FAILED", reason)
        raise Failed(name, reason, "CREATE_FAILED") from error
    held._parsed_resources[name] = resource
    resource.cf_properties = state.properties
    state.physical = str(resource.physical_resource_id)
    tell(stack, name, "CREATE_IN_PROGRESS", "Resource creation Initiated")
    tell(stack, name, "CREATE_COMPLETE")


def is_wanted(part: dict[str, Any], held: Any) -> bool:
    return "Condition" not in part or bool(held.lazy_condition_map[part["Condition"]])


def policy_of(part: dict[str, Any]) -> str:
    return str(part.get("DeletionPolicy") or ("Snapshot" if part["Type"] == "AWS::RDS::DBInstance" else "Delete"))


def check(kind: str, properties: dict[str, Any]) -> None:
    if faults := schemas.faults(kind, properties):
        raise invalid("Properties validation failed for resource with message:\n" + "\n".join(faults))


def born(stack: Any, name: str, kind: str, part: dict[str, Any], properties: dict[str, Any]) -> Any:
    """Return the resource, made. What was half made is taken away again before the error goes on."""
    given = {"Type": kind, "Properties": properties}
    if kind == _HANDLES:
        url = f"https://cloudformation-waitcondition-{stack.region_name}.s3.amazonaws.com/{stack.stack_id}/{name}"
        return Made(kind, name, url, stack.region_name, properties)
    if kind in KINDS:
        named = parsing.generate_resource_name(kind, stack.name, name)
        ident, attributes = KINDS[kind].make(stack.region_name, named, properties)
        return Made(kind, name, ident, stack.region_name, properties, attributes)
    if kind.startswith("Custom::") or kind not in parsing.get_model_map():
        raise not_simulated("cloudformation", kind)
    ec2_backends[stack.account_id][stack.region_name]  # with its default network, which is nobody's half
    with _births(parsing.get_model_map()[kind]) as births:
        try:
            resource = parsing.parse_and_create_resource(
                name, given, stack.resource_map, account_id=stack.account_id, region_name=stack.region_name
            )
            identify(stack, name, resource, kind, properties)
            complete(stack.region_name, kind, str(resource.physical_resource_id), properties, properties)
        except Exception:
            for each in births:
                each.cf_resource_type = kind
                _forget_half_made(stack, each, properties)
            raise
    if isinstance(resource, TaggedEC2Resource):
        tags = {
            **stack.tags,
            "aws:cloudformation:stack-name": stack.name,
            "aws:cloudformation:stack-id": stack.stack_id,
            "aws:cloudformation:logical-id": name,
        }
        backend = ec2_backends[stack.account_id][stack.region_name]
        backend.create_tags([resource.physical_resource_id], tags)
    return resource


@contextmanager
def _births(kind: type) -> Iterator[list[Any]]:
    """Within, note each object of the class that is made."""
    born: list[Any] = []
    begin = kind.__init__  # type: ignore[misc]

    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        born.append(self)
        begin(self, *args, **kwargs)

    kind.__init__ = noting  # type: ignore[misc]
    try:
        yield born
    finally:
        kind.__init__ = begin  # type: ignore[misc]


def _forget_half_made(stack: Any, resource: Any, properties: dict[str, Any]) -> None:
    try:
        remove(stack.account_id, stack.region_name, resource, properties)
    except Exception:  # noqa: S110 - it had not come as far as being there
        pass


def _take_away(stack: Any, names: list[str], *, rollback: bool = False) -> list[str]:
    """Take these away, in this order; return those that stay and should not."""
    left = []
    for name in names:
        state = states_of(stack)[name]
        if state.status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
            continue
        resource = stack.resource_map._parsed_resources.get(name)
        if resource is None or isinstance(resource, str):
            state.status = "DELETE_COMPLETE"
            continue
        if state.policy == "Retain" or (state.policy == "RetainExceptOnCreate" and not rollback):
            tell(stack, name, "DELETE_SKIPPED")
            continue
        tell(stack, name, "DELETE_IN_PROGRESS")
        try:
            hold(stack, state.kind, "delete", state.properties, state.physical)
            if state.policy == "Snapshot" and not rollback:
                keep_snapshot(
                    stack.region_name, resource, f"{stack.name}-snapshot-{name}-{mock_random.get_random_hex(12)}"
                )
            remove(stack.account_id, stack.region_name, resource, state.properties)
        except Exception as error:
            tell(stack, name, "DELETE_FAILED", reason_of(state.kind, error))
            left.append(name)
        else:
            stack.resource_map._parsed_resources.pop(name, None)
            tell(stack, name, "DELETE_COMPLETE")
    return left


def settle_outputs(stack: Any) -> None:
    """Work out the outputs, and export what is to be exported. Raises Failed."""
    backend = cloudformation_backends[stack.account_id][stack.region_name]
    others = {name: each for name, each in backend.exports.items() if each.exporting_stack_id != stack.stack_id}
    outputs, exports = [], {}
    try:
        for key, part in (stack.template_dict.get("Outputs") or {}).items():
            if "Condition" in part and not condition(
                {"Condition": part["Condition"]}, None, stack.resource_map.lazy_condition_map
            ):
                continue
            value = resolve(part["Value"], stack.resource_map)
            if isinstance(value, (list, dict)) or value is None:
                raise invalid(f"Template format error: The Value field of output {key} must evaluate to a String.")
            made = {"OutputKey": key, "OutputValue": str(value)}
            made |= {"Description": part["Description"]} if part.get("Description") else {}
            if part.get("Export"):
                name = str(resolve(part["Export"]["Name"], stack.resource_map))
                if name in others or name in exports:
                    owner = others[name].exporting_stack_id.split("/")[1] if name in others else stack.name
                    raise invalid(f"Export with name {name} is already exported by stack {owner}")
                exports[name] = parsing.Export(stack.stack_id, name, str(value))
                made["ExportName"] = name
            outputs.append(made)
        was = stack.__dict__.get("exports_made", {})
        for name, each in was.items():
            if (name not in exports or exports[name].value != each.value) and (users := importers(backend, name)):
                how = "deleted" if name not in exports else "updated"
                raise invalid(f"Export {name} cannot be {how} as it is in use by {', '.join(users)}")
    except AwsError as error:
        raise Failed("", error.message, "UPDATE_FAILED") from error
    backend.exports.clear()
    backend.exports.update({**others, **exports})
    stack.outputs_made, stack.exports_made = outputs, exports


def importers(backend: Any, name: str) -> list[str]:
    """Return the names of the stacks that import an export."""
    from labs.sandboxes.emulated.stacks.values import walk

    return [
        each.name
        for each in backend.stacks.values()
        if any(
            resolve(given, each.resource_map) == name
            for function, given in walk(each.template_dict)
            if function == "Fn::ImportValue"
        )
    ]


def reason_of(kind: str, error: Exception) -> str:
    """Return why a resource failed, as AWS's handlers say it."""
    if isinstance(error, Failed):
        return error.reason
    if isinstance(error, AwsError) and error.code in ("ValidationError", "NotImplemented"):
        return error.message
    code, status, said = "InternalFailure", 500, str(error)
    if isinstance(error, AwsError):
        code, status, said = error.code, error.status, error.message
    elif isinstance(error, ServiceException):
        code, status, said = str(error.code), 400, str(error.message)
    elif isinstance(error, HTTPException):
        code, status = str(getattr(error, "error_type", error.name)), error.code or 400
        said = str(getattr(error, "message", None) or error.description)
    exists = "Exists" in code or "Duplicate" in code or "AlreadyOwned" in code
    handler = "AlreadyExists" if exists else "NotFound" if "NotFound" in code else "InvalidRequest"
    parts = kind.split("::")
    service = parts[1] if len(parts) > 1 else kind
    ids = mock_random.uuid4(), mock_random.uuid4()
    return (
        f'Resource handler returned message: "{said} (Service: {service}, Status Code: {status}, Request ID: {ids[0]})" '
        f"(RequestToken: {ids[1]}, HandlerErrorCode: {handler})"
    )


def bare(stack_id: str, name: str, account: str, region: str, **more: Any) -> Any:
    """Return a stack without a template, of moto's class."""
    return Stack(stack_id, name, {}, {}, account, region, **more)
