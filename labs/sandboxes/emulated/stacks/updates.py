"""Changes a stack to another template, and takes the change back as a whole where a part of it fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html
"""

from __future__ import annotations

import random
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Event, cloudformation_backends
from moto.core.utils import utcnow

from labs.sandboxes.emulated.stacks import schemas
from labs.sandboxes.emulated.stacks.completions import complete, known
from labs.sandboxes.emulated.stacks.engine import (
    Failed,
    State,
    born,
    check,
    is_wanted,
    make,
    policy_of,
    reason_of,
    say,
    settle_outputs,
    states_of,
    tell,
)
from labs.sandboxes.emulated.stacks.kinds import KINDS, Made
from labs.sandboxes.emulated.stacks.removal import can_change, change, remove
from labs.sandboxes.emulated.stacks.rights import hold
from labs.sandboxes.emulated.stacks.template import order
from labs.sandboxes.emulated.stacks.values import resolve

__all__ = ["update"]


def update(stack: Any, template: dict[str, Any], text: str, parameters: dict[str, Any], *, keep: bool = False) -> Any:
    """Change the stack to another template; where something fails, all is as it was. Returns the stack as it is then.

    `keep`: leave what was changed (DisableRollback).
    """
    from labs.sandboxes.emulated import snapshot

    before, drawn = snapshot.dump(), random.getstate()
    first = len(stack.events)
    say(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    try:
        gone = _change_all(stack, template, text, parameters)
    except Failed as failure:
        said = f"The following resource(s) failed to {failure.status.partition('_')[0].lower()}: [{failure.name}]. "
        said = said if failure.name else f"{failure.reason} "
        if keep:
            say(stack, "UPDATE_FAILED", said)
            return stack
        told = stack.events[first:]
        snapshot.load(before)
        random.setstate(drawn)
        stack = cloudformation_backends[stack.account_id][stack.region_name].stacks[stack.stack_id]
        stack.events += told
        say(stack, "UPDATE_ROLLBACK_IN_PROGRESS", said)
        say(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        say(stack, "UPDATE_ROLLBACK_COMPLETE")
        return stack
    say(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    for name, resource, state in gone:
        known = states_of(stack).setdefault(name, state)
        current = known is state
        if state.policy.startswith("Retain") and current:
            tell(stack, name, "DELETE_SKIPPED")
        else:
            try:
                hold(stack, state.kind, "delete", state.properties, state.physical)
                remove(stack.account_id, stack.region_name, resource, state.properties)
            except Exception as error:  # a stack's update is complete whatever stays behind
                _event_of(stack, name, state, "DELETE_FAILED", reason_of(state.kind, error))
            else:
                _event_of(stack, name, state, "DELETE_COMPLETE", None)
        if current:
            del states_of(stack)[name]
    stack.last_updated = utcnow()
    say(stack, "UPDATE_COMPLETE")
    return stack


def _event_of(stack: Any, name: str, state: State, status: str, reason: str | None) -> None:
    made = Event(stack.stack_id, stack.name, name, state.physical, state.kind, status, reason, None)
    stack.events.append(made)


def _change_all(
    stack: Any, template: dict[str, Any], text: str, parameters: dict[str, Any]
) -> list[tuple[str, Any, State]]:
    """Make and change what the template wants; return what is to go when all is well."""
    old_map, old_states = stack.resource_map, dict(states_of(stack))
    stack.template, stack.template_dict, stack.parameters = text, template, parameters
    stack.description = template.get("Description")
    held = stack.resource_map = stack._create_resource_map()
    stack.output_map = stack._create_output_map()
    gone: list[tuple[str, Any, State]] = []
    for name in order(template["Resources"]):
        part = template["Resources"][name]
        resource = old_map._parsed_resources.get(name)
        there = name in old_states and resource is not None and old_states[name].status != "DELETE_COMPLETE"
        if not is_wanted(part, held):
            continue
        if not there:
            make(stack, name)
        elif old_states[name].kind != part["Type"]:
            raise Failed("", f"Update of resource type is not permitted. The new template modifies resource type of the "
                             f"following resources: [{name}]", "UPDATE_FAILED")  # fmt: skip
        else:
            held._parsed_resources[name] = resource
            gone += _change_one(stack, name, part, resource)
    for name, state in old_states.items():
        resource = old_map._parsed_resources.get(name)
        if name not in held._parsed_resources and state.status != "DELETE_COMPLETE":
            del states_of(stack)[name]
            if resource is not None:
                gone.insert(0, (name, resource, state))
    settle_outputs(stack)
    return gone


def _change_one(stack: Any, name: str, part: dict[str, Any], resource: Any) -> list[tuple[str, Any, State]]:
    state, held = states_of(stack)[name], stack.resource_map
    try:
        wanted = resolve(part.get("Properties") or {}, held)
        state.policy = policy_of(part)
        if wanted == state.properties:
            return []
        check(state.kind, wanted)
        changed = {each for each in {*wanted, *state.properties} if wanted.get(each) != state.properties.get(each)}
        replaces = any(schemas.replaces(state.kind, each) for each in changed)
        old, state.properties = state.properties, wanted
        hold(stack, state.kind, "create" if replaces else "update", wanted, "" if replaces else state.physical)
        requested = "Requested update requires the creation of a new physical resource; hence creating one."
        tell(stack, name, "UPDATE_IN_PROGRESS", requested if replaces else None)
        gone: list[tuple[str, Any, State]] = []
        model = parsing.get_model_map().get(state.kind)
        if not replaces and state.kind in KINDS and KINDS[state.kind].puts:
            ident, attributes = KINDS[state.kind].make(stack.region_name, state.physical, wanted)
            new: Any = Made(state.kind, name, ident, stack.region_name, wanted, attributes)
        elif replaces:
            new = born(stack, name, state.kind, part, wanted)
            if str(new.physical_resource_id) != state.physical:
                left = State(state.kind, "", "", state.physical, None, old, "Delete")
                gone.append((name, resource, left))
        elif changed <= set(known(state.kind)) and not can_change(state.kind):
            new = resource
        elif (
            not can_change(state.kind)
            and model is not None
            and not hasattr(model.update_from_cloudformation_json, "__isabstractmethod__")
        ):
            given = {"Type": state.kind, "Properties": wanted}
            new = parsing.parse_and_update_resource(name, given, held, stack.account_id, stack.region_name)
        else:
            change(stack.region_name, resource, old, wanted)
            new = resource
        if not replaces and not can_change(state.kind):
            complete(stack.region_name, state.kind, state.physical, wanted, changed)
    except Exception as error:
        reason = reason_of(state.kind, error)
        tell(stack, name, "UPDATE_FAILED", reason)
        raise Failed(name, reason, "UPDATE_FAILED") from error
    held._parsed_resources[name] = new
    new.cf_properties = wanted
    state.physical = str(new.physical_resource_id)
    tell(stack, name, "UPDATE_COMPLETE")
    return gone
