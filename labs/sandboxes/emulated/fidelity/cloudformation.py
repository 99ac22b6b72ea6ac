"""CloudFormation: stacks that roll back, change sets that say what changes, exports and protection that refuse.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
"""

from __future__ import annotations

from typing import Any, Final

from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id
from moto.core.responses import ActionResult, EmptyResult

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.stacks import changes, engine, template, values
from labs.sandboxes.emulated.stacks.updates import update
from labs.sandboxes.emulated.stacks.values import invalid

_GONE: Final = "DELETE_COMPLETE"


def install() -> None:
    """Put our engine in the place of moto's lazy one."""
    values.install()
    ResourceMap.validate_outputs = lambda self: None
    ResourceMap.transform_mapping = lambda self: None
    Stack.stack_resources = property(lambda self: [])
    Stack.exports = property(lambda self: [*self.__dict__.get("exports_made", {}).values()])
    Stack.physical_resource_id = property(lambda self: self.stack_id)
    Stack.get_cfn_attribute = _output_of
    CloudFormationBackend.create_stack = _create_nested
    CloudFormationBackend.delete_stack = _delete_nested
    for name, function in _ANSWERS.items():
        setattr(CloudFormationResponse, name, function)
    changes.install()


def find(backend: Any, name: str) -> Any:
    """Return the stack by name or ARN (a deleted one by its ARN alone). Raises AwsError."""
    for each in (*backend.stacks.values(), *backend.deleted_stacks.values()):
        if each.stack_id == name or (each.name == name and each.status != _GONE):
            return each
    raise invalid(f"Stack with id {name} does not exist")


def text_of(response: Any, previous: Any = None) -> str:
    """Return the template that a call gives, or the one before. Raises AwsError."""
    body, url = response._get_param("TemplateBody"), response._get_param("TemplateURL")
    reused = response._get_bool_param("UsePreviousTemplate", False)
    if sum(map(bool, (body, url, reused))) != 1:
        raise invalid("Either Template URL or Template Body must be specified." if not body and not url else
                      "You cannot specify both Template Body and Template URL or usePreviousTemplate")  # fmt: skip
    if reused and previous is None:
        raise invalid("Template body or url is required: there is no previous template")
    return str(previous.template) if reused else body or response._get_stack_from_s3_url(url)


def parameters_of(response: Any, previous: Any = None) -> dict[str, str]:
    """Return the parameters that a call gives, those before where it says so. Raises AwsError."""
    found = {}
    for each in response._get_param("Parameters", []):
        name = each["ParameterKey"]
        if not each.get("UsePreviousValue"):
            found[name] = str(each.get("ParameterValue", ""))
        elif "ParameterValue" in each:
            raise invalid(f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and non empty "
                          "value for a parameter")  # fmt: skip
        elif previous is not None and name in previous.parameters:
            found[name] = previous.parameters[name]
        elif previous is None or name not in previous.template_dict.get("Parameters", {}):
            raise invalid(f"Invalid input for parameter key {name}. Unable to find previous value for the parameter")
    return found


def checked(response: Any, text: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the template as it will be made: its form, parameters and capabilities are right. Raises AwsError."""
    read = template.read(text)
    template.check_parameters(read, parameters)
    made = template.expand(read, parameters)
    needed, given = template.capabilities(made), response._get_param("Capabilities", [])
    if needed and "CAPABILITY_NAMED_IAM" not in given and needed not in given:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]", 400)
    return made


def _new_stack(self: Any, name: str, text: str, made: dict[str, Any], parameters: dict[str, str], **more: Any) -> Any:
    stack_id = generate_stack_id(name, self.region_name, self.account_id)
    stack = engine.bare(stack_id, name, self.account_id, self.region_name, cross_stack_resources=self.exports, **more)
    stack.cross_stack_resources = stack.resource_map.cross_stack_resources = self.exports
    stack.template, stack.template_dict, stack.parameters = text, made, parameters
    stack.description = made.get("Description")
    stack.resource_map, stack.output_map = stack._create_resource_map(), stack._create_output_map()
    self.stacks[stack_id] = stack
    return stack


def new_stack(response: Any, name: str, text: str, made: dict[str, Any], parameters: dict[str, str]) -> Any:
    """Return a new stack of what a call gives, with nothing in it yet."""
    return _new_stack(
        response.cloudformation_backend, name, text, made, parameters,
        notification_arns=response._get_param("NotificationARNs", []),
        tags={each["Key"]: each["Value"] for each in response._get_param("Tags", [])},
        role_arn=response._get_param("RoleARN"),
        enable_termination_protection=response._get_param("EnableTerminationProtection"),
        timeout_in_mins=response._get_param("TimeoutInMinutes"),
        stack_policy_body=response._get_param("StackPolicyBody"),
    )  # fmt: skip


def _create_stack(self: Any) -> ActionResult:
    name = self._get_param("StackName")
    if any(each.name == name for each in self.cloudformation_backend.stacks.values()):
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists", 400)
    disabled, on_failure = self._get_bool_param("DisableRollback", False), self._get_param("OnFailure")
    if self._get_param("DisableRollback") is not None and on_failure:
        raise invalid("You can specify either DisableRollback or OnFailure, but not both.")
    text, parameters = text_of(self), parameters_of(self)
    stack = new_stack(self, name, text, checked(self, text, parameters), parameters)
    stack.disable_rollback = bool(disabled)
    stack.capabilities = self._get_param("Capabilities", [])
    engine.create(stack, on_failure or ("DO_NOTHING" if disabled else "ROLLBACK"))
    bury(self.cloudformation_backend, stack)
    return ActionResult({"StackId": stack.stack_id})


def bury(backend: Any, stack: Any) -> None:
    """Move a stack that is deleted to those that only their ARN finds."""
    if stack.status == _GONE and backend.stacks.pop(stack.stack_id, None):
        backend.deleted_stacks[stack.stack_id] = stack
        for name in [name for name, each in backend.exports.items() if each.exporting_stack_id == stack.stack_id]:
            del backend.exports[name]


def _update_stack(self: Any) -> ActionResult:
    stack = find(self.cloudformation_backend, self._get_param("StackName"))
    must_rest(stack)
    text, parameters = text_of(self, stack), parameters_of(self, stack)
    made = checked(self, text, parameters)
    tags = {each["Key"]: each["Value"] for each in self._get_param("Tags", [])}
    if made == stack.template_dict and parameters == stack.parameters and (not tags or tags == stack.tags):
        raise invalid("No updates are to be performed.")
    stack_id = stack.stack_id
    stack = update(stack, made, text, parameters, keep=bool(self._get_bool_param("DisableRollback", False)))
    if stack.status == "UPDATE_COMPLETE" and tags:
        stack.tags = tags
    return ActionResult({"StackId": stack_id})


def must_rest(stack: Any) -> None:
    """Refuse a change of a stack that may not be changed now. Raises AwsError."""
    if not stack.status.endswith("_COMPLETE") or stack.status in ("ROLLBACK_COMPLETE", _GONE):
        raise invalid(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def _delete_stack(self: Any) -> EmptyResult:
    backend = self.cloudformation_backend
    try:
        stack = find(backend, self._get_param("StackName"))
    except AwsError:
        return EmptyResult()
    if stack.status == _GONE:
        return EmptyResult()
    if stack.enable_termination_protection in (True, "true", "True"):
        raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.__dict__.get("parent"):
        raise invalid(f"Stack {stack.stack_id} is nested: delete its root stack")
    _delete(
        backend, stack, frozenset(self._get_param("RetainResources", []) if stack.status == "DELETE_FAILED" else [])
    )
    return EmptyResult()


def _delete(backend: Any, stack: Any, retained: frozenset[str] = frozenset()) -> None:
    for name in stack.__dict__.get("exports_made", {}):
        users = [each for each in engine.importers(backend, name) if each != stack.name]
        if users:
            engine.say(stack, "DELETE_IN_PROGRESS", "User Initiated")
            engine.say(stack, "DELETE_FAILED", f"Export {name} cannot be deleted as it is in use by {', '.join(users)}")
            return
    engine.delete(stack, retained)
    bury(backend, stack)


def _create_nested(self: Any, name: str, template: str, parameters: dict[str, Any], **more: Any) -> Any:
    """Make a stack of another's (AWS::CloudFormation::Stack) or of a stack set; one that fails is an error for it."""
    if any(each.name == name for each in self.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    given = {key: ",".join(map(str, each)) if isinstance(each, list) else str(each) for key, each in parameters.items()}
    read = values_of(template, given)
    stack = _new_stack(self, name, template, read, given)
    stack.parent = "" if name.startswith("StackSet") else "nested"
    engine.create(stack, "ROLLBACK")
    if stack.status != "CREATE_COMPLETE":
        said = next(
            each.resource_status_reason for each in stack.events if each.resource_status == "ROLLBACK_IN_PROGRESS"
        )
        raise invalid(f"Embedded stack {stack.stack_id} was not successfully created: {said.partition(' Rollback')[0]}")
    return stack


def values_of(text: str, given: dict[str, str]) -> dict[str, Any]:
    """Return a nested stack's template as it will be made. Raises AwsError."""
    read = template.read(text)
    template.check_parameters(read, given)
    return template.expand(read, given)


def _delete_nested(self: Any, name_or_stack_id: str) -> None:
    for each in list(self.stacks.values()):
        if name_or_stack_id in (each.name, each.stack_id):
            _delete(self, each)


def _output_of(self: Any, name: str) -> Any:
    for each in self.__dict__.get("outputs_made", []):
        if name == f"Outputs.{each['OutputKey']}":
            return each["OutputValue"]
    raise KeyError(name)


def _described(stack: Any) -> dict[str, Any]:
    hidden = stack.resource_map.no_echo_parameter_keys if stack.template_dict else []
    shown = {
        **{name: slot.get("Default") for name, slot in stack.template_dict.get("Parameters", {}).items()},
        **stack.parameters,
    }
    parameters = [
        {"ParameterKey": name, "ParameterValue": "****" if name in hidden else str(each)}
        for name, each in shown.items()
    ]
    told = {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "ChangeSetId": stack.__dict__.get("change_set_id"),
        "Description": stack.description,
        "Parameters": parameters,
        "CreationTime": stack.creation_time,
        "DeletionTime": stack.__dict__.get("deletion_time"),
        "LastUpdatedTime": stack.__dict__.get("last_updated"),
        "StackStatus": stack.status,
        "StackStatusReason": stack.__dict__.get("stack_status_reason"),
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": stack.notification_arns,
        "TimeoutInMinutes": stack.timeout_in_minutes,
        "Capabilities": stack.__dict__.get("capabilities", []),
        "Outputs": stack.__dict__.get("outputs_made") or None,
        "RoleARN": stack.role_arn,
        "Tags": stack.tags,
        "EnableTerminationProtection": stack.enable_termination_protection in (True, "true", "True"),
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }  # fmt: skip
    return {name: each for name, each in told.items() if each is not None}


def _describe_stacks(self: Any) -> ActionResult:
    name, backend = self._get_param("StackName"), self.cloudformation_backend
    found = [find(backend, name)] if name else [*backend.stacks.values()][::-1]
    return ActionResult({"Stacks": [_described(each) for each in found]})


def _list_stacks(self: Any) -> ActionResult:
    wanted, backend = self._get_param("StackStatusFilter", []), self.cloudformation_backend
    found = [*backend.stacks.values(), *backend.deleted_stacks.values()]
    return ActionResult({"StackSummaries": [_described(each) for each in found if not wanted or each.status in wanted]})


def _resources(self: Any) -> tuple[Any, list[dict[str, Any]]]:
    stack = find(self.cloudformation_backend, self._get_param("StackName"))
    found = []
    for name, state in engine.states_of(stack).items():
        told = {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "LogicalResourceId": name,
            "PhysicalResourceId": state.physical or None,
            "ResourceType": state.kind,
            "Timestamp": state.at,
            "LastUpdatedTimestamp": state.at,
            "ResourceStatus": state.status,
            "ResourceStatusReason": state.reason or None,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
        found.append({key: each for key, each in told.items() if each is not None})
    return stack, found


def _describe_stack_resources(self: Any) -> ActionResult:
    if self._get_param("PhysicalResourceId") and not self._get_param("StackName"):
        wanted = self._get_param("PhysicalResourceId")
        for stack in self.cloudformation_backend.stacks.values():
            if any(each.physical == wanted for each in engine.states_of(stack).values()):
                self.data["StackName"] = [stack.name]
                break
        else:
            raise invalid(f"Stack for {wanted} does not exist")
        raise AwsError("NotImplemented", "Looking for a stack by a physical id is not simulated here.", 501)
    wanted = self._get_param("LogicalResourceId")
    found = _resources(self)[1]
    return ActionResult({"StackResources": [each for each in found if wanted in (None, each["LogicalResourceId"])]})


def _describe_stack_resource(self: Any) -> ActionResult:
    wanted = self._get_param("LogicalResourceId")
    stack, found = _resources(self)
    for each in found:
        if each["LogicalResourceId"] == wanted:
            return ActionResult({"StackResourceDetail": each})
    raise invalid(f"Resource {wanted} does not exist for stack {stack.name}")


def _list_stack_resources(self: Any) -> ActionResult:
    return ActionResult({"StackResourceSummaries": _resources(self)[1]})


def _describe_stack_events(self: Any) -> ActionResult:
    return ActionResult({"StackEvents": find(self.cloudformation_backend, self._get_param("StackName")).events[::-1]})


def _update_termination_protection(self: Any) -> ActionResult:
    stack = find(self.cloudformation_backend, self._get_param("StackName"))
    stack.enable_termination_protection = bool(self._get_bool_param("EnableTerminationProtection", False))
    return ActionResult({"StackId": stack.stack_id})


def _list_imports(self: Any) -> ActionResult:
    name, backend = self._get_param("ExportName"), self.cloudformation_backend
    if name not in backend.exports:
        raise invalid(f"Export '{name}' does not exist.")
    if not (users := engine.importers(backend, name)):
        raise invalid(f"Export '{name}' is not imported by any stack.")
    return ActionResult({"Imports": users})


def _validate_template(self: Any) -> ActionResult:
    read = template.read(text_of(self))
    made = template.expand(read, {})
    needed = template.capabilities(made)
    slots = [
        {"ParameterKey": name, "DefaultValue": str(slot["Default"]) if "Default" in slot else None,
         "NoEcho": str(slot.get("NoEcho", False)).lower() == "true", "Description": slot.get("Description")}
        for name, slot in (read.get("Parameters") or {}).items()
    ]  # fmt: skip
    told: dict[str, Any] = {"Description": read.get("Description"), "Parameters": slots}
    if needed:
        kinds = ", ".join(sorted({each["Type"] for each in made["Resources"].values() if "::IAM::" in each["Type"]}))
        reason = f"The following resource(s) require capabilities: [{kinds}]"
        told |= {"Capabilities": [needed], "CapabilitiesReason": reason}
    return ActionResult(told)


_ANSWERS: Final = {
    "create_stack": _create_stack,
    "delete_stack": _delete_stack,
    "describe_stack_events": _describe_stack_events,
    "describe_stack_resource": _describe_stack_resource,
    "describe_stack_resources": _describe_stack_resources,
    "describe_stacks": _describe_stacks,
    "list_imports": _list_imports,
    "list_stack_resources": _list_stack_resources,
    "list_stacks": _list_stacks,
    "update_stack": _update_stack,
    "update_termination_protection": _update_termination_protection,
    "validate_template": _validate_template,
}
