"""Change sets: what an update would do, said before it is done.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_changeset_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.stacks import engine, schemas
from labs.sandboxes.emulated.stacks.updates import update
from labs.sandboxes.emulated.stacks.values import invalid, names_in, resolve

_NOTHING: Final = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass
class ChangeSet:
    """A change set as it was asked for; `changes` as DescribeChangeSet lists them."""

    change_set_id: str
    change_set_name: str
    stack_id: str
    stack_name: str
    kind: str
    text: str
    made: dict[str, Any]
    parameters: dict[str, str]
    description: str
    at: Any
    changes: list[dict[str, Any]] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    status_reason: str = ""


def install() -> None:
    """Answer the calls of change sets."""
    for name in ("create", "delete", "describe", "execute"):
        setattr(CloudFormationResponse, f"{name}_change_set", globals()[f"_{name}"])
    CloudFormationResponse.list_change_sets = _list


def _create(self: Any) -> ActionResult:
    from labs.sandboxes.emulated.fidelity import cloudformation as api

    backend, name = self.cloudformation_backend, self._get_param("StackName")
    wanted, kind = self._get_param("ChangeSetName"), self._get_param("ChangeSetType", "UPDATE")
    validate_create_change_set(wanted)
    if kind == "IMPORT":
        raise AwsError("NotImplemented", "Change sets that import resources are not simulated here.", 501)
    live = next((each for each in backend.stacks.values() if name in (each.name, each.stack_id)), None)
    fresh = live is None or live.status == "REVIEW_IN_PROGRESS"
    if kind == "UPDATE" and fresh:
        raise invalid(f"Stack [{name}] does not exist")
    if kind == "CREATE" and not fresh:
        raise invalid(f"Stack [{name}] already exists and cannot be created again with the changeSet [{wanted}].")
    if live is not None and not fresh:
        api.must_rest(live)
    if any(each.change_set_name == wanted and live is not None and each.stack_id == live.stack_id
           for each in backend.change_sets.values()):  # fmt: skip
        raise AwsError("AlreadyExistsException", f"ChangeSet {wanted} already exists", 400)
    text, parameters = api.text_of(self, live), api.parameters_of(self, live)
    made = api.checked(self, text, parameters)
    if live is None:
        live = api.new_stack(self, name, text, made, parameters)
        live.template, live.template_dict = "", {}
        engine.say(live, "REVIEW_IN_PROGRESS", "User Initiated")
    ident = generate_changeset_id(wanted, backend.region_name, backend.account_id)
    change_set = ChangeSet(ident, wanted, live.stack_id, live.name, kind, text, made, parameters,
                           self._get_param("Description") or "", utcnow())  # fmt: skip
    change_set.changes = _changes(live, made, parameters)
    if kind == "UPDATE" and not change_set.changes and made.get("Outputs") == live.template_dict.get("Outputs"):
        change_set.status, change_set.execution_status, change_set.status_reason = "FAILED", "UNAVAILABLE", _NOTHING
    backend.change_sets[ident] = change_set
    return ActionResult({"Id": ident, "StackId": live.stack_id})


def _find(self: Any) -> Any:
    wanted, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
    for each in self.cloudformation_backend.change_sets.values():
        if each.change_set_id == wanted or (
            each.change_set_name == wanted and stack in (each.stack_name, each.stack_id)
        ):
            return each
    raise AwsError("ChangeSetNotFound", f"ChangeSet [{wanted}] does not exist", 404)


def _delete(self: Any) -> EmptyResult:
    found = _find(self)
    del self.cloudformation_backend.change_sets[found.change_set_id]
    return EmptyResult()


def _described(each: Any) -> dict[str, Any]:
    told = {
        "ChangeSetName": each.change_set_name,
        "ChangeSetId": each.change_set_id,
        "StackId": each.stack_id,
        "StackName": each.stack_name,
        "Description": each.description or None,
        "CreationTime": each.at,
        "ExecutionStatus": each.execution_status,
        "Status": each.status,
        "StatusReason": each.status_reason or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _describe(self: Any) -> ActionResult:
    found = _find(self)
    return ActionResult({**_described(found), "Parameters": found.parameters, "Changes": found.changes})


def _list(self: Any) -> ActionResult:
    from labs.sandboxes.emulated.fidelity import cloudformation as api

    stack = api.find(self.cloudformation_backend, self._get_param("StackName"))
    sets = self.cloudformation_backend.change_sets.values()
    return ActionResult({"Summaries": [_described(each) for each in sets if each.stack_id == stack.stack_id]})


def _execute(self: Any) -> EmptyResult:
    from labs.sandboxes.emulated.fidelity import cloudformation as api

    backend, found = self.cloudformation_backend, _find(self)
    if found.execution_status != "AVAILABLE":
        message = f"ChangeSet [{found.change_set_id}] cannot be executed in its current status of [{found.status}]"
        raise AwsError("InvalidChangeSetStatus", message, 400)
    stack = backend.stacks[found.stack_id]
    for ident in [each.change_set_id for each in backend.change_sets.values() if each.stack_id == stack.stack_id]:
        if ident != found.change_set_id:
            del backend.change_sets[ident]
    found.execution_status = "EXECUTE_COMPLETE"
    stack.change_set_id = found.change_set_id
    keep = bool(self._get_bool_param("DisableRollback", False))
    if found.kind == "CREATE":
        stack.template, stack.template_dict, stack.parameters = found.text, found.made, found.parameters
        stack.description = found.made.get("Description")
        stack.resource_map, stack.output_map = stack._create_resource_map(), stack._create_output_map()
        engine.create(stack, "DO_NOTHING" if keep else "ROLLBACK")
    else:
        api.must_rest(stack)
        update(stack, found.made, found.text, found.parameters, keep=keep)
    return EmptyResult()


def _changes(stack: Any, made: dict[str, Any], parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Return what would be added, changed and removed. What hangs on something replaced is changed for it."""
    states = {name: each for name, each in engine.states_of(stack).items() if each.status != "DELETE_COMPLETE"}
    future = engine.bare(stack.stack_id, stack.name, stack.account_id, stack.region_name)
    future.template_dict, future.parameters = made, parameters
    future.cross_stack_resources = stack.cross_stack_resources
    held = future._create_resource_map()
    held._parsed_resources.update({name: stack.resource_map._parsed_resources[name] for name in states
                                   if name in stack.resource_map._parsed_resources})  # fmt: skip
    found, replaced = [], set[str]()
    for name, part in made["Resources"].items():
        if not engine.is_wanted(part, held):
            continue
        if name not in states:
            found.append(_change("Add", name, part["Type"]))
            continue
        details = _details(states[name], part, held, replaced)
        if details:
            worst = {each["Target"]["RequiresRecreation"] for each in details}
            replacement = "True" if "Always" in worst else "Conditional" if "Conditionally" in worst else "False"
            if replacement != "False":
                replaced.add(name)
            more = {"PhysicalResourceId": states[name].physical, "Replacement": replacement, "Details": details}
            scope = sorted({each["Target"]["Attribute"] for each in details})
            found.append(_change("Modify", name, part["Type"], **more, Scope=scope))
    for name, state in states.items():
        if name not in made["Resources"] or not engine.is_wanted(made["Resources"][name], held):
            more = {"PolicyAction": "Retain" if state.policy.startswith("Retain") else "Delete"}
            found.append(_change("Remove", name, state.kind, PhysicalResourceId=state.physical, **more))
    return found


def _change(action: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    change = {"action": action, "logical_resource_id": name, "resource_type": kind}
    return {**change, **{_SNAKE[key]: value for key, value in more.items()}}


_SNAKE: Final = {
    "Details": "details",
    "PhysicalResourceId": "physical_resource_id",
    "PolicyAction": "policy_action",
    "Replacement": "replacement",
    "Scope": "scope",
}


def _details(state: Any, part: dict[str, Any], held: Any, replaced: set[str]) -> list[dict[str, Any]]:
    found = []
    given = part.get("Properties") or {}
    for name in dict.fromkeys((*given, *state.properties)):
        depends = replaced & set(names_in(given.get(name)))
        try:
            same = (
                resolve(given[name], held) == state.properties.get(name)
                if name in given
                else name not in state.properties
            )
        except AwsError:
            same = False
        if same and not depends:
            continue
        recreation = "Never"
        if schemas.replaces(state.kind, name):
            recreation = "Conditionally" if depends and same else "Always"
        attribute = "Tags" if name == "Tags" else "Properties"
        target = {"Attribute": attribute, "RequiresRecreation": recreation}
        if attribute == "Properties":
            target["Name"] = name
        source = "ResourceReference" if depends else "DirectModification"
        found.append({"Target": target, "Evaluation": "Dynamic" if depends else "Static", "ChangeSource": source})
    return found
