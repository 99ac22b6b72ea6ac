"""Lambda functions: found by name, what their roles can do, who may invoke them, what feeds them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, is_absence, read_or_none
from graders.check import Fail
from graders.iam import InvalidPolicy, Policies, Policy, Principal, Request, ask, decide, parse, resources
from graders.iam import snapshot as people
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target

PERMISSIONS = ("lambda:ListFunctions", "lambda:GetFunctionConfiguration")
POLICY_PERMISSIONS = ("lambda:GetPolicy", "lambda:ListAliases")
ROLE_PERMISSIONS = (*people.PERMISSIONS, *resources.PERMISSIONS, "kms:DescribeKey")
SOURCE_PERMISSIONS = (*PERMISSIONS, *ROLE_PERMISSIONS, "lambda:ListEventSourceMappings")


def the_function(account: Account, name: str) -> dict[str, Any]:
    """The configuration of a function by name or ARN (a version or an alias at its end is left aside)."""
    wanted = name_of(name)
    if wanted in _names(account, account.region):
        found: dict[str, Any] = account.read("lambda", "get_function_configuration", FunctionName=wanted)
        return found
    hint = nearby.almost(wanted, _names(account, account.region)) or nearby.elsewhere(
        account, lambda region: wanted in _names(account, region)
    )
    raise Fail(
        "The function {function} does not exist.{hint}",
        looked_at="the Lambda functions in {region}",
        needed="A function named {function} in {region}.",
        try_="aws lambda create-function --function-name {function} …",
        function=wanted,
        hint=hint,
        region=account.region,
    )


def name_of(text: str) -> str:
    """The bare name in a name, an ARN, or either with a version or an alias."""
    tail = text.split(":function:")[-1]
    return tail.split(":")[0]


def qualifier_of(text: str) -> str:
    """The version or alias at the end of a name or an ARN, or ""."""
    tail = text.split(":function:")[-1]
    return tail.partition(":")[2]


def role_of(account: Account, function: dict[str, Any]) -> Actor:
    """The function's role; fails when it is gone or does not trust Lambda."""
    name = str(function.get("Role", "")).rpartition("/")[2]
    role = ask.the_role(account, name)
    if not trusts(role, "lambda.amazonaws.com"):
        raise Fail(
            "The role {role} of {function} does not trust Lambda: the function cannot run under it.",
            looked_at="the trust policy of role {role}",
            needed="lambda.amazonaws.com may sts:AssumeRole the role {role}.",
            try_="aws iam update-assume-role-policy --role-name {role} …",
            role=name,
            function=function["FunctionName"],
        )
    return role


def trusts(role: Actor, service: str) -> bool:
    """Whether a service may become the role."""
    number = role.principal.account
    context = {"aws:SourceAccount": number, "aws:SecureTransport": "true"}
    request = Request(Principal("service", service=service), "sts:AssumeRole", role.principal.arn, context)
    policies = Policies(number, resource=ask.trust_of(role), resource_decides=True)
    return decide(request, policies).allowed


def lacks(account: Account, actor: Actor, action: str, resource: str, context: dict[str, Any] | None = None) -> str:
    """Why the role may not do that, its policies and the resource's together; "" when it may."""
    try:
        target = resources.target_of(account, resource)
    except (resources.NoSuchKind, InvalidPolicy):
        target = Target(account.account_id, ())
    except ClientError as error:
        if not is_absence(error):
            raise
        target = Target(account.account_id, ())
    request = Request(actor.principal, action, resource, {"aws:SecureTransport": "true", **(context or {})})
    decision = decide(request, target.seen_by(actor))
    return "" if decision.allowed else ask.refusal(request, decision)


def key_lacks(account: Account, actor: Actor, key: str, actions: Iterable[str]) -> str:
    """Why the role may not use a key (id, ARN or alias); "" when it may, or when the key is one of AWS's own."""
    if not key or "alias/aws/" in key:
        return ""
    found = account.read("kms", "describe_key", KeyId=key)["KeyMetadata"]
    if found.get("KeyManager") == "AWS":
        return ""
    if found.get("KeyState", "Enabled") != "Enabled":
        return f"the key {found['KeyId']} is {found['KeyState']}"
    for action in actions:
        if why := lacks(account, actor, action, found["Arn"]):
            return why
    return ""


def policies(account: Account, function: str, qualifier: str = "") -> tuple[Policy, ...]:
    """What the resource policy says of the function, or of one alias or version of it.

    Each alias and version has a policy of its own; the sandbox keeps one with all statements, told apart by Resource.
    """
    asked = {"FunctionName": name_of(function)} | ({"Qualifier": qualifier} if qualifier else {})
    answer = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", **asked)
    document = json.loads(resources.function_policy(answer["Policy"])) if answer else {}
    mine = [one for one in _listed(document.get("Statement", [])) if _about(one, qualifier)]
    if not mine:
        return ()
    label = f"policy of {name_of(function)}{f':{qualifier}' if qualifier else ''}"
    return (Policy(label, parse({"Version": "2012-10-17", "Statement": mine}, "resource")),)


def qualifiers(account: Account, function: str) -> list[str]:
    """The aliases, after "" for the function itself."""
    listed = account.read("lambda", "list_aliases", FunctionName=name_of(function)).get("Aliases", [])
    return ["", *(one["Name"] for one in listed)]


def invoke_refusal(
    account: Account, function: str, qualifier: str, *, service: str, source: str, source_account: str = ""
) -> str:
    """Why a service that acts for `source` (ARN) may not invoke the function (or its alias); "" when it may."""
    held = policies(account, function, qualifier)
    if not held:
        return "it has no policy" if not qualifier else f"the alias {qualifier} has no policy of its own"
    arn = arn_of(account, function, qualifier)
    context = {"aws:SourceArn": source, "aws:SecureTransport": "true"}
    context["aws:SourceAccount"] = source_account or account.account_id
    request = Request(Principal("service", service=service), "lambda:InvokeFunction", arn, context)
    decision = decide(request, Policies(account.account_id, resource=held))
    return "" if decision.allowed else ask.refusal(request, decision)


def arn_of(account: Account, function: str, qualifier: str = "") -> str:
    arn = f"arn:aws:lambda:{account.region}:{account.account_id}:function:{name_of(function)}"
    return f"{arn}:{qualifier}" if qualifier else arn


def mappings(account: Account, function: str) -> list[dict[str, Any]]:
    """The event source mappings of the function and of its versions and aliases."""
    found = account.read("lambda", "list_event_source_mappings").get("EventSourceMappings", [])
    return [one for one in found if name_of(one["FunctionArn"]) == name_of(function)]


def drops_everything(mapping: dict[str, Any], shape: tuple[str, ...]) -> str:
    """A filter pattern that no event of the source can pass, or "". `shape`: the keys that its events have on top.

    One matching filter is enough. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    patterns = [one.get("Pattern", "{}") for one in (mapping.get("FilterCriteria") or {}).get("Filters", [])]
    for text in patterns:
        try:
            pattern = json.loads(text)
        except ValueError:
            continue
        if isinstance(pattern, dict) and all(key in shape and not _impossible(one) for key, one in pattern.items()):
            return ""
    return patterns[0] if patterns else ""


def _impossible(wanted: Any) -> bool:
    """Whether a part of a pattern matches nothing: an empty list."""
    if isinstance(wanted, dict):
        return any(_impossible(one) for one in wanted.values())
    return isinstance(wanted, list) and not wanted


def _names(account: Account, region: str) -> list[str]:
    return [one["FunctionName"] for one in account.read("lambda", "list_functions", region=region).get("Functions", [])]


def _about(statement: dict[str, Any], qualifier: str) -> bool:
    said = statement.get("Resource", "")
    return any(qualifier_of(str(one)) == qualifier for one in _listed(said))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# What a role needs to read a source, and the keys on top of each event that a filter sees.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
SOURCES = {
    "sqs": (
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        ("messageId", "receiptHandle", "body", "attributes", "messageAttributes", "eventSourceARN", "awsRegion"),
    ),
    "dynamodb": (
        ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"),
        ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "userIdentity"),
    ),
    "kinesis": (
        ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"),
        ("partitionKey", "data", "sequenceNumber", "approximateArrivalTimestamp", "kinesisSchemaVersion", "eventName"),
    ),
}


def the_mapping(account: Account, function: dict[str, Any], source: str, label: str) -> dict[str, Any]:
    """The mapping through which the source (ARN) feeds the function: enabled, its filter open, its role able to read.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    name = function["FunctionName"]
    all_ = account.read("lambda", "list_event_source_mappings").get("EventSourceMappings", [])
    here = [one for one in all_ if one["EventSourceArn"] == source]
    mine = [one for one in here if name_of(one["FunctionArn"]) == name]
    shown: dict[str, Any] = {"function": name, "source": label, "arn": source}
    on = [one for one in mine if one.get("State") not in ("Disabled", "Disabling", "Deleting")]
    if not on:
        said = "Nothing feeds {function} from {source}.{hint}"
        if mine:
            said = "The event source mapping from {source} to {function} is {state}."
        raise _unfed(said, shown, state=mine[0].get("State") if mine else "", hint=_instead(all_, here, name, source))
    actions, shape = SOURCES[source.split(":")[2]]
    dropped = [drops_everything(one, shape) for one in on]
    if all(dropped):
        raise _unfed(
            "The filter of the mapping lets no event of {source} through: {pattern}.", shown, pattern=dropped[0]
        )
    role = role_of(account, function)
    for action in actions:
        where = "*" if action == "dynamodb:ListStreams" else source
        if why := lacks(account, role, action, where):
            raise _unfed(
                "The role {role} of {function} cannot read {source}: {why}.", shown, role=role.principal.name, why=why
            )
    return next(one for one, drop in zip(on, dropped, strict=True) if not drop)


def _instead(all_: list[dict[str, Any]], here: list[dict[str, Any]], name: str, source: str) -> str:
    """Where the mapping is instead: to another function, or from another stream of the same table."""
    if here:
        return f" It feeds {name_of(here[0]['FunctionArn'])}."
    stem = source.split("/stream/")[0]
    for one in all_:
        if name_of(one["FunctionArn"]) == name:
            old = "/stream/" in source and one["EventSourceArn"].startswith(f"{stem}/stream/")
            kind = "an old stream of the table" if old else one["EventSourceArn"]
            return f" Its mapping is on {kind}."
    return ""


def _unfed(said: str, shown: dict[str, Any], **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the event source mappings of {function}",
        needed="An enabled mapping from {arn} to {function}, and a role that can read it.",
        try_="aws iam put-role-policy --role-name {role} …"
        if "role" in values
        else "aws lambda create-event-source-mapping (or update-event-source-mapping) --function-name {function} "
        "--event-source-arn {arn}",
        counterexample="What arrives in {source} is never handled by {function}.",
        **shown,
        **values,
    )
