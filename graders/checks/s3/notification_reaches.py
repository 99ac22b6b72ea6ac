"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html"""

import json
from typing import Any, Literal

from graders import Account, Fail, buckets, check, messaging
from graders.account import read_or_none
from graders.iam import ask

LISTS = {
    "queue": ("QueueConfigurations", "QueueArn", "sqs:SendMessage"),
    "topic": ("TopicConfigurations", "TopicArn", "sns:Publish"),
    "function": ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda:InvokeFunction"),
}


@check(
    permissions=[
        "s3:ListAllMyBuckets", "s3:GetBucketNotification", *messaging.QUEUE_PERMISSIONS, *messaging.TOPIC_PERMISSIONS,
        "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "events:ListRules", "events:ListTargetsByRule",
    ]
)  # fmt: skip
def notification_reaches(
    account: Account,
    *,
    bucket: str,
    kind: Literal["queue", "topic", "function"],
    target: str,
    object: str = "report.csv",
    events: list[str] | None = None,
    not_object: str = "",
) -> None:
    """The {kind} {target} hears of new objects in {bucket}.

    `object`: a key that must be told of, `not_object` one that must not. `events`: all of these must be told
    (s3:ObjectCreated:Put when left out; :Copy and :CompleteMultipartUpload are events of their own). Sent by S3 itself or
    through EventBridge; the target's policy and key let the sender in. A function may be named with alias or version.
    """
    ask.bucket_exists(account, bucket)
    place, arn = _place(account, kind, target)
    config = account.read("s3", "get_bucket_notification_configuration", Bucket=bucket)
    values: dict[str, Any] = {"bucket": bucket, "kind": kind, "target": target}
    wanted = events or ["s3:ObjectCreated:Put"]
    if kind == "queue" and arn.endswith(".fifo"):
        raise _fail("S3 sends to no FIFO queue, and {target} is one.", values, try_="Use a standard queue.")
    list_name, arn_name, action = LISTS[kind]
    found = [one for one in config.get(list_name, []) if _same(one[arn_name], arn, kind)]
    senders: dict[str, str] = {}  # ARN of the target as it is written: the sender's ARN
    for event in wanted:
        sender = next((one[arn_name] for one in found if _tells(one, event, object)), "")
        if sender:
            senders[sender] = f"arn:aws:s3:::{bucket}"
        elif rule := _rule(account, config, bucket, event, object, arn):
            senders[arn] = rule
        else:
            raise _silent(config, found, event, object, arn, kind, values)
    for at, source in senders.items():
        service = "events.amazonaws.com" if ":events:" in source else "s3.amazonaws.com"
        why = _refusal(account, kind, place, at, service, action, source)
        if why:
            raise _fail(
                "The {kind} {target} does not let {service} in: {why}.",
                values,
                try_="Allow {action} for {service} in its policy, when aws:SourceArn is {source}.",
                service=service,
                why=why.rstrip("."),
                action=action,
                source=source,
            )
    if not_object and any(_tells(one, event, not_object) for one in found for event in wanted):
        raise _fail(
            "{other} is told of too: no filter leaves it out.",
            values,
            try_="Give the notification a Filter with the prefix or suffix that the task names.",
            other=not_object,
        )


def _place(account: Account, kind: str, target: str) -> tuple[messaging.Place | None, str]:
    if kind == "queue":
        queue = messaging.the_queue(account, target)
        return queue, queue.arn
    if kind == "topic":
        topic = messaging.the_topic(account, target)
        return topic, topic.arn
    answer = account.read("lambda", "get_function_configuration", FunctionName=target)
    return None, str(answer["FunctionArn"])


def _same(given: str, arn: str, kind: str) -> bool:
    return given == arn or (kind == "function" and given.startswith(f"{arn}:"))


def _tells(configuration: dict[str, Any], event: str, key: str) -> bool:
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    ends = {one["Name"].lower(): one["Value"] for one in rules}
    suits = key.startswith(ends.get("prefix", "")) and key.endswith(ends.get("suffix", ""))
    return suits and _of_kind(configuration, event)


def _of_kind(configuration: dict[str, Any], event: str) -> bool:
    return any(one == event or (one.endswith("*") and event.startswith(one[:-1])) for one in configuration["Events"])


def _rule(account: Account, config: dict[str, Any], bucket: str, event: str, key: str, arn: str) -> str:
    """The ARN of the EventBridge rule that carries the event to the target, or ""."""
    if "EventBridgeConfiguration" not in config or not event.startswith("s3:ObjectCreated"):
        return ""
    told = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "account": account.account_id,
        "region": account.region,
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    for rule in account.read("events", "list_rules").get("Rules", []):
        if rule.get("State") == "ENABLED" and buckets.matches(json.loads(rule.get("EventPattern") or "null"), told):
            targets = account.read("events", "list_targets_by_rule", Rule=rule["Name"]).get("Targets", [])
            if any(one["Arn"] == arn for one in targets):
                return str(rule["Arn"])
    return ""


def _refusal(
    account: Account, kind: str, place: messaging.Place | None, arn: str, service: str, action: str, source: str
) -> str:
    if place is not None:
        text = place.attributes.get("Policy", "")
    else:
        answer = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", FunctionName=arn)
        text = (answer or {}).get("Policy", "")
    why = messaging.service_refusal(
        account, text, f"policy of {kind}", service=service, action=action, resource=arn, source=source
    )
    return why or (messaging.key_keeps_out(account, place, service) if place is not None else "")


def _silent(
    config: dict[str, Any],
    found: list[dict[str, Any]],
    event: str,
    key: str,
    arn: str,
    kind: str,
    values: dict[str, Any],
) -> Fail:
    others = [one[each[1]] for each in LISTS.values() for one in config.get(each[0], [])]
    twin = next((one for one in others if one.rpartition(":")[2] == arn.rpartition(":")[2]), "")
    if any(_of_kind(one, event) for one in found):
        filters = [rule for one in found for rule in one.get("Filter", {}).get("Key", {}).get("FilterRules", [])]
        said = [f"{one['Name'].lower()} {one['Value']}" for one in filters]
        return _fail("{object} is not told of: the filter wants {said}.", values,
                     try_="Compare the filter with the key, letter by letter.", object=key, said=said)  # fmt: skip
    if found:
        told = [event for one in found for event in one["Events"]]
        return _fail("{bucket} tells {target} of {told}, not of {event}.", values,
                     try_="Name the event, or all of its kind by s3:ObjectCreated:*.", told=told, event=event)  # fmt: skip
    if others:
        return _fail(
            "{bucket} tells {twin}: a {kind} of that name, elsewhere."
            if twin
            else "{bucket} tells {others}, not {target}.",
            values,
            try_="Put {arn} into the notification.",
            twin=twin,
            others=others,
            arn=arn,
        )
    bridge = "EventBridgeConfiguration" in config
    return _fail(
        "{bucket} tells EventBridge, but no rule carries its events to {target}."
        if bridge
        else "{bucket} tells nobody.",
        values,
        try_="aws events put-rule and put-targets" if bridge else "aws s3api put-bucket-notification-configuration",
    )


def _fail(found: str, values: dict[str, Any], *, try_: str, **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the notifications of {bucket} and the policy of the {kind} {target}",
        needed="A new object in {bucket} reaches the {kind} {target}.",
        try_=try_,
        **values,
        **more,
    )
