"""Topics and queues: found by name, and whether a service gets past their policies and keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.iam import InvalidPolicy, Policies, Policy, Principal, Request, ask, decide, parse

TOPIC_PERMISSIONS = ("sns:ListTopics", "sns:GetTopicAttributes", "kms:DescribeKey", "kms:GetKeyPolicy")
QUEUE_PERMISSIONS = ("sqs:ListQueues", "sqs:GetQueueAttributes", "kms:DescribeKey", "kms:GetKeyPolicy")


@dataclass(frozen=True)
class Place:
    """A topic or queue: `attributes` as SNS or SQS gives them."""

    name: str
    arn: str
    attributes: dict[str, str]


def the_topic(account: Account, topic: str) -> Place:
    """A topic by name or ARN; fails when it is not in this region."""
    arns = _topics(account, account.region)
    arn = next((one for one in arns if topic in (one, _name(one))), "")
    if arn:
        attributes = account.read("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
        return Place(_name(arn), arn, attributes)
    name = _name(topic)
    hint = nearby.almost(name, map(_name, arns)) or nearby.elsewhere(
        account, lambda region: name in map(_name, _topics(account, region))
    )
    raise Fail(
        f"The topic {name} does not exist.{hint}",
        looked_at=f"the SNS topics in {account.region}",
        needed=f"A topic named {name} in {account.region}.",
        try_=f"aws sns create-topic --name {name}",
    )


def the_queue(account: Account, queue: str) -> Place:
    """A queue by name, ARN or URL; fails when it is not in this region."""
    name = _name(queue.rpartition("/")[2])
    urls = _queues(account, account.region)
    if name in urls:
        answer = account.read("sqs", "get_queue_attributes", QueueUrl=urls[name], AttributeNames=["All"])
        attributes: dict[str, str] = answer.get("Attributes", {})
        return Place(name, attributes["QueueArn"], attributes)
    hint = nearby.almost(name, urls) or nearby.elsewhere(account, lambda region: name in _queues(account, region))
    raise Fail(
        f"The queue {name} does not exist.{hint}",
        looked_at=f"the SQS queues in {account.region}",
        needed=f"A queue named {name} in {account.region}.",
        try_=f"aws sqs create-queue --queue-name {name}",
    )


def service_refusal(
    account: Account, text: str, what: str, *, service: str, action: str, resource: str, source: str
) -> str:
    """Why a resource's policy keeps an AWS service out that acts for `source` (ARN) in this account; "" if it does not.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    if not text:
        return "it has no policy"
    try:
        document = parse(text, "resource")
    except InvalidPolicy as error:
        raise Fail(
            f"AWS would refuse the {what}: {error.reasons[0]}",
            looked_at=f"the {what}",
            needed="A policy that AWS accepts.",
            try_="Put the policy right and set it again.",
        ) from error
    context = {
        "aws:SourceArn": source,
        "aws:SourceAccount": account.account_id,
        "aws:SourceOwner": account.account_id,
        "aws:SecureTransport": "true",
    }
    request = Request(Principal("service", service=service), action, resource, context)
    decision = decide(request, Policies(account.account_id, resource=(Policy(what, document),)))
    return "" if decision.allowed else ask.refusal(request, decision)


def key_keeps_out(account: Account, place: Place, service: str) -> str:
    """Why the key that encrypts a topic or queue keeps an AWS service out, or "".

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    key = place.attributes.get("KmsMasterKeyId", "")
    if not key:
        return ""
    if key.split(":")[-1] in ("alias/aws/sns", "alias/aws/sqs"):
        return f"{place.name} is encrypted with {key}, whose policy lets no other service in."
    found = account.read("kms", "describe_key", KeyId=key)["KeyMetadata"]
    if found.get("KeyState") != "Enabled":
        return f"The key that encrypts {place.name} is {found.get('KeyState')}."
    policy = account.read("kms", "get_key_policy", KeyId=found["KeyId"], PolicyName="default")["Policy"]
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if service_refusal(
            account, policy, "key policy", service=service, action=action, resource=found["Arn"], source=place.arn
        ):
            return f"The key that encrypts {place.name} does not let {service} {action}."
    return ""


def queue_refuses(account: Account, queue: Place, topic_arn: str) -> Fail | None:
    """Why SNS cannot put this topic's messages into the queue, or None when it can."""
    policy = queue.attributes.get("Policy", "")
    refusal = service_refusal(
        account,
        policy,
        f"policy of queue {queue.name}",
        service="sns.amazonaws.com",
        action="sqs:SendMessage",
        resource=queue.arn,
        source=topic_arn,
    )
    why = "" if refusal else key_keeps_out(account, queue, "sns.amazonaws.com")
    if not refusal and not why:
        return None
    if refusal:
        why = f"The queue {queue.name} has no policy: SNS may not send to it."
        if policy:
            why = f"The policy of queue {queue.name} does not let the topic send: {refusal}."
        if others := [one for one in _source_arns(policy) if one != topic_arn]:
            why += f" It speaks of {others[0]}."
    return Fail(
        why,
        looked_at=f"the policy of queue {queue.name}",
        needed=f"sns.amazonaws.com may sqs:SendMessage to {queue.arn} when aws:SourceArn is {topic_arn}.",
        try_="aws sqs set-queue-attributes with a Policy whose Resource is the queue's ARN.",
        counterexample=f"A message published to {topic_arn} never arrives in {queue.name}.",
    )


def _source_arns(policy: str) -> list[str]:
    try:
        statements = json.loads(policy or "{}").get("Statement", [])
    except ValueError:
        return []
    found: list[Any] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        for keys in statement.get("Condition", {}).values():
            found += [value for key, value in keys.items() if key.lower() == "aws:sourcearn"]
    return [str(one) for value in found for one in (value if isinstance(value, list) else [value])]


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _topics(account: Account, region: str) -> list[str]:
    return [one["TopicArn"] for one in account.read("sns", "list_topics", region=region).get("Topics", [])]


def _queues(account: Account, region: str) -> dict[str, str]:
    urls = account.read("sqs", "list_queues", region=region).get("QueueUrls", [])
    return {url.rpartition("/")[2]: url for url in urls}
