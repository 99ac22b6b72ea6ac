"""Topics and queues: found by name, and whether a service gets past their policies and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby, patterns
from graders.account import Account, is_absence, read_or_none
from graders.check import Fail
from graders.iam import InvalidPolicy, Policies, Policy, Principal, Request, ask, decide, parse, resources
from graders.iam.services import as_service
from graders.iam.snapshot import PERMISSIONS as PEOPLE
from graders.iam.snapshot import snapshot
from graders.iam.witnesses import Target

TOPIC_PERMISSIONS = ("sns:ListTopics", "sns:GetTopicAttributes", "kms:DescribeKey", "kms:GetKeyPolicy")
SUBSCRIPTION_PERMISSIONS = ("sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes")
QUEUE_PERMISSIONS = ("sqs:ListQueues", "sqs:GetQueueAttributes", "kms:DescribeKey", "kms:GetKeyPolicy")


@dataclass(frozen=True)
class Place:
    """A topic or queue: `attributes` as SNS or SQS gives them."""

    name: str
    arn: str
    attributes: dict[str, str]


def the_topic(account: Account, topic: str) -> Place:
    """A topic by name or ARN; fails when it is not in this region."""
    arns = topics(account)
    arn = next((one for one in arns if topic in (one, _name(one))), "")
    if arn:
        attributes = account.read("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
        return Place(_name(arn), arn, attributes)
    name = _name(topic)
    hint = nearby.almost(name, map(_name, arns)) or nearby.elsewhere(
        account, lambda region: name in map(_name, topics(account, region))
    )
    raise Fail(
        "The topic {topic} does not exist.{hint}",
        looked_at="the SNS topics in {region}",
        needed="A topic named {topic} in {region}.",
        try_="aws sns create-topic --name {topic}",
        topic=name,
        hint=hint,
        region=account.region,
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
        "The queue {queue} does not exist.{hint}",
        looked_at="the SQS queues in {region}",
        needed="A queue named {queue} in {region}.",
        try_="aws sqs create-queue --queue-name {queue}",
        queue=name,
        hint=hint,
        region=account.region,
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
            "AWS would refuse the {what}: {reason}",
            looked_at="the {what}",
            needed="A policy that AWS accepts.",
            try_="Put the policy right and set it again.",
            what=what,
            reason=error.reasons[0],
        ) from error
    request = as_service(service, action, resource, source_arn=source, source_account=account.account_id)
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


def subscriptions(account: Account, topic: Place) -> list[dict[str, Any]]:
    """The topic's subscriptions as SNS lists them."""
    answer = account.read("sns", "list_subscriptions_by_topic", TopicArn=topic.arn)
    return list(answer.get("Subscriptions", []))


def subscription_attributes(account: Account, subscription: dict[str, Any]) -> dict[str, str]:
    """The attributes of a subscription; {} for one that waits and has no ARN yet."""
    arn = subscription["SubscriptionArn"]
    if not arn.startswith("arn:"):
        return {}
    found: dict[str, str] = account.read("sns", "get_subscription_attributes", SubscriptionArn=arn)["Attributes"]
    return found


def waits(account: Account, subscription: dict[str, Any]) -> bool:
    """Whether nobody has confirmed it yet: until then it delivers nothing."""
    attributes = subscription_attributes(account, subscription)
    return not attributes or attributes.get("PendingConfirmation") == "true"


def drops(account: Account, subscription: dict[str, Any], message: str, attributes: Mapping[str, Any]) -> str:
    """The filter policy by which a subscription drops a message, as text; "" when the message passes.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html
    """
    held = subscription_attributes(account, subscription)
    text = held.get("FilterPolicy") or "{}"
    try:
        policy = patterns.parsed(text)
        passes = patterns.policy_passes(policy, held.get("FilterPolicyScope", ""), message, attributes)
    except patterns.InvalidPattern:
        passes = False
    return "" if passes else text


def is_endpoint(subscription: dict[str, Any], protocol: str, endpoint: str) -> bool:
    """Whether a subscription goes to the endpoint: mail in any case of letters, functions by name or ARN."""
    given = str(subscription["Endpoint"])
    if subscription["Protocol"] != protocol:
        return False
    if protocol == "lambda" and not endpoint.startswith("arn:"):
        return given.split(":function:")[-1].split(":")[0] == endpoint
    return given.lower() == endpoint.lower() if protocol.startswith("email") else given == endpoint


def must_be_encrypted(
    account: Account, place: Place, *, own_key: bool, services: Sequence[str], setting: str, managed: bool = False
) -> None:
    """Fails unless a key that works encrypts the place, or the service itself does (`managed`) and that is enough."""
    key, why = place.attributes.get("KmsMasterKeyId", ""), ""
    said = "{name} is not encrypted." if not managed else "{name} is encrypted by the service, not by a key of yours."
    if key or (managed and not own_key):
        said = "{why}"
        if own_key and "alias/aws/" in key:
            said = "{name} is encrypted with {key}, which is a key of AWS."
        elif key and "alias/aws/" not in key and (why := _state(account, key)) != "Enabled":
            said = "{name} is encrypted with {key}, which is {why}."
        elif not (why := next(filter(None, (key_keeps_out(account, place, one) for one in services)), "")):
            return
    raise Fail(
        said,
        looked_at="the encryption of {name}",
        needed="A key that is enabled and lets in whoever must write.",
        try_=setting,
        counterexample="" if why else "The messages of {name} are stored as they were sent, or under another's key.",
        name=place.name,
        key=key,
        why=why,
    )


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
    found, other = "{why}", ""
    if refusal:
        found = "The queue {queue} has no policy: SNS may not send to it."
        if policy:
            found = "The policy of queue {queue} does not let the topic send: {refusal}."
        if other := next((one for one in _sources(policy) if one != topic_arn), ""):
            found += " It speaks of {other}."
    return Fail(
        found,
        looked_at="the policy of queue {queue}",
        needed="sns.amazonaws.com may sqs:SendMessage to {arn} when aws:SourceArn is {topic}.",
        try_="aws sqs set-queue-attributes with a Policy whose Resource is the queue's ARN.",
        counterexample="A message published to {topic} never arrives in {queue}.",
        why=why,
        refusal=refusal,
        other=other,
        queue=queue.name,
        arn=queue.arn,
        topic=topic_arn,
    )


def _state(account: Account, key: str) -> str:
    answer = read_or_none(account, "NotFoundException", "kms", "describe_key", KeyId=key)
    return str(answer["KeyMetadata"].get("KeyState")) if answer else "missing"


def _sources(policy: str) -> list[str]:
    return ask.values_of("aws:sourcearn", [Policy("", parse(policy, "resource"))]) if policy else []


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def topics(account: Account, region: str | None = None) -> list[str]:
    """The ARNs of a region's topics."""
    return [one["TopicArn"] for one in account.read("sns", "list_topics", region=region).get("Topics", [])]


def _queues(account: Account, region: str) -> dict[str, str]:
    urls = account.read("sqs", "list_queues", region=region).get("QueueUrls", [])
    return {url.rpartition("/")[2]: url for url in urls}


# The permission by which a service hands an event to a target, where the target's own policy decides.
POLICY_TARGETS = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "sns": "sns:Publish"}
ROLE_TARGETS = {"states": "states:StartExecution", "kinesis": "kinesis:PutRecord", "ecs": "ecs:RunTask"}
TARGET_PERMISSIONS = ("lambda:GetPolicy", *TOPIC_PERMISSIONS, *QUEUE_PERMISSIONS, *PEOPLE)


def named(arn: str, name: str) -> bool:
    """Whether an ARN is meant by `name`: itself, or its last part; a function's with its alias ("thumb:prod")."""
    return arn == name or arn.endswith((f":{name}", f"/{name}"))


def target_refuses(account: Account, arn: str, role: str, service: str, source: str) -> str:
    """Why a service (a rule of EventBridge, say) that acts for `source` cannot use the target; "" when it can.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    kind = (arn.split(":") + [""] * 3)[2]
    if role or kind not in POLICY_TARGETS:
        action = POLICY_TARGETS.get(kind) or ROLE_TARGETS.get(kind, "")
        return role_refuses(account, role, service, action, arn)
    place = None
    if kind == "lambda":
        answer = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", FunctionName=arn)
        text = resources.function_policy(answer["Policy"]) if answer else ""
    else:
        place = the_queue(account, arn) if kind == "sqs" else the_topic(account, arn)
        text = place.attributes.get("Policy", "")
    if place is not None and place.arn != arn:
        return f"{arn} does not exist here; {place.arn} does"
    why = service_refusal(
        account,
        text,
        f"policy of {_name(arn)}",
        service=service,
        action=POLICY_TARGETS[kind],
        resource=arn,
        source=source,
    )
    return why or (key_keeps_out(account, place, service) if place is not None else "")


def role_refuses(account: Account, role: str, service: str, action: str, resource: str) -> str:
    """Why a service cannot do the action by becoming the role (ARN); "" when it can. No action: becoming is enough."""
    if not role:
        return f"{service} is given no role to act with"
    people = snapshot(account)
    actor = people.role(role.rpartition("/")[2])
    if actor is None or actor.principal.arn != role:
        return f"there is no role {role}"
    asked = Request(Principal("service", service=service), "sts:AssumeRole", role, {"aws:SecureTransport": "true"})
    decision = decide(asked, Policies(account.account_id, resource=ask.trust_of(actor)))
    if not decision.allowed:
        return f"the trust policy of {actor.principal.name} does not let {service} become it"
    if not action:
        return ""
    request = Request(actor.principal, action, resource, {"aws:SecureTransport": "true"})
    decision = decide(request, Target(account.account_id, ()).seen_by(actor))
    return "" if decision.allowed else ask.refusal(request, decision)


RULE_PERMISSIONS = ("events:ListRules", "events:ListTargetsByRule")


def the_rule(account: Account, name: str, bus: str = "default") -> dict[str, Any]:
    """The rule as list_rules has it, with its "Targets"; fails when it is absent or disabled."""
    known = {one["Name"]: one for one in _rules(account, bus)}
    found = known.get(name)
    if found is None:
        hint = nearby.almost(name, known) or nearby.elsewhere(
            account, lambda region: any(one["Name"] == name for one in _rules(account, bus, region))
        )
        raise Fail(
            "The rule {rule} does not exist.{hint}",
            looked_at="the rules of the event bus {bus} in {region}",
            needed="A rule named {rule} on {bus}.",
            try_="aws events put-rule --name {rule} …",
            rule=name,
            hint=hint,
            bus=bus,
            region=account.region,
        )
    if found.get("State") == "DISABLED":
        raise Fail(
            "The rule {rule} is disabled.",
            looked_at="the state of {rule}",
            needed="ENABLED.",
            try_="aws events enable-rule --name {rule}",
            counterexample="Nothing that happens reaches the targets of {rule}.",
            rule=name,
        )
    targets = account.read("events", "list_targets_by_rule", Rule=name, EventBusName=bus).get("Targets", [])
    return {**found, "Targets": targets}


def must_reach(account: Account, rule: dict[str, Any], target: str, event: Any = None) -> None:
    """Fails unless the rule has the target, may use it, and hands something of the event over."""
    mine = [one for one in rule["Targets"] if named(one["Arn"], target)]
    values = {"rule": rule["Name"], "target": target, "there": [one["Arn"] for one in rule["Targets"]]}
    if not mine:
        raise Fail(
            "The rule {rule} has no target {target}; it has {there}.",
            looked_at="the targets of {rule}",
            needed="{target} among them.",
            try_="aws events put-targets --rule {rule} …",
            counterexample="{rule} fires, and {target} hears nothing.",
            **values,
        )
    service = "events.amazonaws.com"
    refusals = [target_refuses(account, one["Arn"], one.get("RoleArn", ""), service, rule["Arn"]) for one in mine]
    if all(refusals):
        raise Fail(
            "The rule {rule} may not use {target}: {why}.",
            looked_at="the policy of {target}, and the role that the rule has for it",
            needed="{service} may act on {target} for {rule}.",
            try_="Add a statement to the policy of {target}, with the rule's ARN as aws:SourceArn, or give a role.",
            counterexample="{rule} fires, and {target} hears nothing.",
            why=refusals[0],
            service=service,
            **values,
        )
    paths = [one.get("InputPath") for one in mine]
    if event is not None and all(one and patterns.at(event, one) is patterns.ABSENT for one in paths):
        raise Fail(
            "The input path {path} of {target} finds nothing in the event.",
            looked_at="the targets of {rule}",
            needed="The event, or a part of it that is there.",
            try_="aws events put-targets with the path put right.",
            path=paths[0] or "",
            **values,
        )


def _rules(account: Account, bus: str, region: str | None = None) -> list[dict[str, Any]]:
    try:
        answer = account.read("events", "list_rules", region=region, EventBusName=bus)
    except ClientError as error:
        if not is_absence(error):
            raise
        return []
    return list(answer.get("Rules", []))
