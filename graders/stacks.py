"""CloudFormation stacks: found by name, their templates and what they made."""

from __future__ import annotations

from typing import Any

from graders import nearby, templates
from graders.account import Account
from graders.check import Fail

PERMISSIONS = ("cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudformation:GetTemplate")
STABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")


def the_stack(account: Account, name: str) -> dict[str, Any]:
    """The stack; fails when there is none, or when it has not come to a good end."""
    known = {one["StackName"]: one for one in _stacks(account)}
    found = known.get(name)
    if found is None:
        hint = nearby.almost(name, known) or nearby.elsewhere(
            account, lambda region: any(one["StackName"] == name for one in _stacks(account, region))
        )
        raise Fail(
            "The stack {stack} does not exist.{hint}",
            looked_at="the CloudFormation stacks in {region}",
            needed="A stack named {stack} in {region}.",
            try_="aws cloudformation create-stack --stack-name {stack} …",
            stack=name,
            hint=hint,
            region=account.region,
        )
    if found["StackStatus"] not in STABLE:
        raise Fail(
            "The stack {stack} is {status}: what was asked for last is not there.",
            looked_at="the status of {stack}",
            needed="CREATE_COMPLETE or UPDATE_COMPLETE.",
            try_="aws cloudformation describe-stack-events --stack-name {stack}: the first failure says why.",
            stack=name,
            status=found["StackStatus"],
        )
    return found


def template(account: Account, name: str) -> dict[str, Any]:
    """The stack's template, from JSON or YAML; its short forms are written out."""
    body = account.read("cloudformation", "get_template", StackName=name)["TemplateBody"]
    if isinstance(body, str):
        body = templates.read(body)
    return dict(body) if isinstance(body, dict) else {}


def resources(account: Account, name: str, *, depth: int = 3) -> list[dict[str, Any]]:
    """What the stack made and still holds, with what its nested stacks made."""
    answer = account.read("cloudformation", "list_stack_resources", StackName=name)
    made = [
        one
        for one in answer.get("StackResourceSummaries", [])
        if one.get("ResourceType") and not str(one.get("ResourceStatus")).startswith("DELETE")
    ]
    for one in list(made):
        if one["ResourceType"] == "AWS::CloudFormation::Stack" and depth and one.get("PhysicalResourceId"):
            made += resources(account, one["PhysicalResourceId"], depth=depth - 1)
    return made


def _stacks(account: Account, region: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.read("cloudformation", "describe_stacks", region=region).get("Stacks", [])
    return [one for one in found if one["StackStatus"] != "DELETE_COMPLETE"]
