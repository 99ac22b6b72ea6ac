"""SSM: which instances are managed, and commands that reach them. No shell runs: a command's output says so.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends

from graders.iam import Policies, Request, decide
from labs.sandboxes.emulated.authorization import people, trusts
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.world import WORLD

_PLAYED: Final = ("AWS-RunShellScript", "AWS-RunPowerShellScript")
_OUTPUT: Final = "No shell runs in this sandbox: the command was recorded, and nothing was executed.\n"
_KEPT: Final = 100


def install() -> None:
    """Let DescribeParameters tell the account's own parameters.

    The public ones are found by path or name (docs.aws.amazon.com/systems-manager/latest/userguide/
    parameter-store-finding-public-parameters.html); moto lists them as soon as one of them was read.
    """
    describe = SimpleSystemManagerBackend.describe_parameters

    def describe_own(self: Any, *args: Any, **kwargs: Any) -> Any:
        return [each for each in describe(self, *args, **kwargs) if not each.name.startswith("/aws/")]

    SimpleSystemManagerBackend.describe_parameters = describe_own


@before("ssm", "StartSession", "ResumeSession", "StartAutomationExecution", "StartChangeRequestExecution")
def neither_sessions_nor_automations(call: Call) -> None:
    """Say that these are not played."""
    raise not_simulated("ssm", call.operation.name)


def _managed(account: str, region: str) -> Iterator[Any]:
    """Yield the instances that run with a role that lets their agent register."""
    for reservation in ec2_backends[account][region].reservations.values():
        for each in reservation.instances:
            if each.state == "running" and _may_register(account, each):
                yield each


def _may_register(account: str, instance: Any) -> bool:
    held = getattr(instance, "iam_instance_profile", None) or {}
    arn = held.get("Arn") if isinstance(held, dict) else getattr(held, "arn", "")
    association = next(
        (each for each in ec2_backends[account][instance.region_name].iam_instance_profile_associations.values()
         if each.instance.id == instance.id),
        None,
    )  # fmt: skip
    if association is not None:
        arn = association.iam_instance_profile.arn
    profiles = iam_backends[account]["aws"].instance_profiles.values()
    profile = next((each for each in profiles if each.arn == arn), None)
    for role in profile.roles if profile else ():
        actor = people.role(account, role.name)
        asked = Request(actor.principal, "ssm:UpdateInstanceInformation", "*", {}, complete=True)
        if (
            trusts(role.arn, "ec2.amazonaws.com")
            and decide(asked, Policies(account, actor.identity, (), actor.boundary)).allowed
        ):
            return True
    return False


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(told).encode())


@before("ssm", "DescribeInstanceInformation")
def show_the_managed(call: Call) -> Answer:
    """List the managed instances."""
    wanted = [
        str(value)
        for each in (call.parameters.get("Filters") or [])
        + (call.parameters.get("InstanceInformationFilterList") or [])
        if each.get("Key", each.get("key")) == "InstanceIds"
        for value in each.get("Values", each.get("valueSet")) or []
    ]
    found = [
        {
            "InstanceId": each.id,
            "PingStatus": "Online",
            "LastPingDateTime": WORLD.at,
            "AgentVersion": "3.3.987.0",
            "IsLatestVersion": True,
            "PlatformType": "Linux",
            "PlatformName": "Amazon Linux",
            "PlatformVersion": "2023",
            "ResourceType": "EC2Instance",
            "IPAddress": each.private_ip,
            "ComputerName": f"ip-{str(each.private_ip).replace(chr(46), chr(45))}.ec2.internal",
            "SourceId": each.id,
            "SourceType": "AWS::EC2::Instance",
        }
        for each in _managed(call.account_id, call.region)
        if not wanted or each.id in wanted
    ]
    return _said({"InstanceInformationList": found})


def _commands(call: Call) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = ssm_backends[call.account_id][call.region].__dict__.setdefault(
        "sent_commands", {}
    )
    return found


def _targets(call: Call) -> list[str]:
    managed = [*_managed(call.account_id, call.region)]
    known = {each.id for each in managed}
    wanted = [str(each) for each in call.parameters.get("InstanceIds") or []]
    for each in call.parameters.get("Targets") or []:
        key, values = str(each["Key"]), each["Values"]
        if key == "InstanceIds":
            wanted += values
        elif key.startswith("tag:"):
            wanted += [
                one.id
                for one in managed
                if any(tag["key"] == key[4:] and tag["value"] in values for tag in one.get_tags())
            ]
        else:
            raise AwsError("InvalidTarget", "The target isn't valid.", 400)
    named = call.parameters.get("InstanceIds") or []
    if wrong := [each for each in named if each not in known]:
        message = f"Instances [[{', '.join(wrong)}]] not in a valid state for account {call.account_id}"
        raise AwsError("InvalidInstanceId", message, 400)
    return [each for each in dict.fromkeys(wanted) if each in known]


@before("ssm", "SendCommand")
def send(call: Call) -> Answer:
    """Record a command for the managed instances that it names."""
    given, document = call.parameters, str(call.parameters.get("DocumentName"))
    if not given.get("InstanceIds") and not given.get("Targets"):
        raise AwsError("ValidationException", "Either InstanceIds or Targets must be specified.", 400)
    if document not in _PLAYED:
        known = ssm_backends[call.account_id][call.region]._documents
        if document.startswith("AWS-") or document in known:
            raise not_simulated("ssm", f"SendCommand with {document}")
        raise AwsError("InvalidDocument", f"Document with name {document} does not exist.", 400)
    if not (given.get("Parameters") or {}).get("commands"):
        raise AwsError("InvalidParameters", "Parameter commands is required.", 400)
    targets, ident = _targets(call), str(mock_random.uuid4())
    held = _commands(call)
    held[ident] = {
        "CommandId": ident,
        "DocumentName": document,
        "DocumentVersion": "$DEFAULT",
        "Comment": str(given.get("Comment") or ""),
        "ExpiresAfter": WORLD.at + 7200,
        "Parameters": given["Parameters"],
        "InstanceIds": targets,
        "Targets": given.get("Targets") or [],
        "RequestedDateTime": WORLD.at,
        "TimeoutSeconds": int(given.get("TimeoutSeconds") or 3600),
    }
    for old in [*held][:-_KEPT]:
        del held[old]
    return _said(
        {"Command": {**held[ident], "Status": "Pending", "StatusDetails": "Pending", "TargetCount": len(targets)}}
    )


def _now(command: dict[str, Any]) -> dict[str, Any]:
    status = "Success" if WORLD.at >= command["RequestedDateTime"] + 1 else "InProgress"
    count = len(command["InstanceIds"])
    return {
        **command,
        "Status": status,
        "StatusDetails": status,
        "TargetCount": count,
        "CompletedCount": count,
        "ErrorCount": 0,
    }


@before("ssm", "ListCommands")
def list_commands(call: Call) -> Answer:
    """List the commands, newest first."""
    ident, instance = call.parameters.get("CommandId"), call.parameters.get("InstanceId")
    found = [each for each in reversed(_commands(call).values()) if ident in (None, each["CommandId"])]
    found = [_now(each) for each in found if instance is None or instance in each["InstanceIds"]]
    if ident and not found:
        raise AwsError("InvalidCommandId", "The specified command ID isn't valid.", 400)
    return _said({"Commands": found})


@before("ssm", "ListCommandInvocations")
def list_invocations(call: Call) -> Answer:
    """List what each instance made of the commands."""
    ident, instance = call.parameters.get("CommandId"), call.parameters.get("InstanceId")
    found = []
    for command in map(_now, reversed(_commands(call).values())):
        for each in command["InstanceIds"]:
            if ident in (None, command["CommandId"]) and instance in (None, each):
                names = (
                    "CommandId",
                    "DocumentName",
                    "DocumentVersion",
                    "Comment",
                    "RequestedDateTime",
                    "Status",
                    "StatusDetails",
                )
                found.append({"InstanceId": each, "InstanceName": "", **{name: command[name] for name in names}})
    return _said({"CommandInvocations": found})


@before("ssm", "GetCommandInvocation")
def show_an_invocation(call: Call) -> Answer:
    """Show what an instance made of a command: that no shell runs here."""
    held = _commands(call).get(str(call.parameters.get("CommandId")))
    instance = str(call.parameters.get("InstanceId"))
    if held is None or instance not in held["InstanceIds"]:
        raise AwsError(
            "InvocationDoesNotExist",
            "The command ID and managed node ID you specified did not match any invocations.",
            400,
        )
    command = _now(held)
    done = command["Status"] == "Success"
    return _said(
        {
            "CommandId": command["CommandId"],
            "InstanceId": instance,
            "Comment": command["Comment"],
            "DocumentName": command["DocumentName"],
            "DocumentVersion": command["DocumentVersion"],
            "PluginName": "aws:runShellScript",
            "ResponseCode": 0 if done else -1,
            "Status": command["Status"],
            "StatusDetails": command["StatusDetails"],
            "StandardOutputContent": _OUTPUT if done else "",
            "StandardErrorContent": "",
        }
    )
