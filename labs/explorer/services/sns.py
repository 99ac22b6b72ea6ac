"""SNS: topics, who listens to them, and who may publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Json,
    Kind,
    Link,
    Pairs,
    Part,
    Pick,
    Policy,
    Repeat,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import decoded, given, given_or_none, if_on, policy_fact, properties, statements_of, tags_by

PROTOCOLS = (
    ("sqs", "an SQS queue"),
    ("email", "an e-mail address"),
    ("lambda", "a Lambda function"),
    ("https", "an HTTPS address"),
    ("http", "an HTTP address"),
    ("email-json", "an e-mail address, as JSON"),
    ("sms", "a phone number"),
    ("firehose", "a Firehose stream"),
)
KINDS = {"sqs": "sqs:queue", "lambda": "lambda:function"}
PUBLISHERS = (
    ("cloudwatch", "CloudWatch alarms"),
    ("s3", "events of an S3 bucket"),
    ("events", "EventBridge rules"),
    ("budgets", "budgets"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("sns", "list_topics").get("Topics", []):
        yield Thing(one["TopicArn"], tail(one["TopicArn"]), arn=one["TopicArn"], data=one)


def _listeners(account: Account, arn: str) -> list[dict[str, Any]]:
    return [one for one in account.read("sns", "list_subscriptions").get("Subscriptions", []) if one["TopicArn"] == arn]


def _end(one: dict[str, Any]) -> str:
    return tail(one["Endpoint"]) if one["Endpoint"].startswith("arn:") else str(one["Endpoint"])


def _look(account: Account, it: Thing) -> Thing:
    mine = [f"{one['Protocol']} {_end(one)}" for one in _listeners(account, it.id)]
    found = ask(account, "sns", "get_topic_attributes", TopicArn=it.id).get("Attributes", {})
    facts = (
        Fact("Subscribers", ", ".join(mine) or "nobody", "" if mine else "bad"),
        Fact("Type", "FIFO" if it.name.endswith(".fifo") else "standard"),
    )
    return replace(it, facts=facts, data=found)


def _detail(account: Account, it: Thing) -> Thing:
    rows, links = [], []
    for one in _listeners(account, it.id):
        waiting = not one["SubscriptionArn"].startswith("arn:")
        more = (
            {}
            if waiting
            else ask(account, "sns", "get_subscription_attributes", SubscriptionArn=one["SubscriptionArn"])
        )
        found = more.get("Attributes", {})
        notes = [f"filter {found['FilterPolicy']}"] if found.get("FilterPolicy") else []
        notes += ["raw"] if found.get("RawMessageDelivery") == "true" else []
        notes += ["not confirmed"] if waiting or found.get("PendingConfirmation") == "true" else []
        key = one["SubscriptionArn"] if not waiting else f"{one['Protocol']}:{one['Endpoint']}"
        cells = (one["Protocol"], _end(one), "; ".join(notes))
        rows.append(Row(key, cells, "bad" if "not confirmed" in notes else "", {**one, "Attributes": found}))
        if one["Protocol"] in KINDS:
            links.append(Link(KINDS[one["Protocol"]], one["Endpoint"], "Delivers to", tail(one["Endpoint"])))
    parts = (
        Part(
            "subscriptions",
            "Subscriptions",
            ("Protocol", "Endpoint", ""),
            tuple(rows),
            "Nobody listens: what is published is forgotten.",
        ),
        _statements(it.data.get("Policy", "")),
    )
    if key := it.data.get("KmsMasterKeyId"):
        links.append(Link("kms:key", tail(key), "Encrypted with"))
    encrypted = Fact("Encryption", key or "off")
    tags = tags_of(ask(account, "sns", "list_tags_for_resource", ResourceArn=it.id).get("Tags"))
    more_facts = (
        policy_fact("Topic policy", it.data.get("Policy", "")),
        encrypted,
        *properties(it.data, ("DisplayName", "Display name"), "Owner"),
    )
    return replace(it, properties=(*it.facts, *more_facts), parts=parts, tags=tags, links=tuple(links))


def _statements(policy: str) -> Part:
    rows = tuple(
        Row(
            one.get("Sid", str(number)),
            (one.get("Effect", ""), _text(one.get("Principal")), _text(one.get("Action")), _text(one.get("Condition"))),
        )
        for number, one in enumerate(statements_of(policy))
    )
    return Part("statements", "Topic policy", ("Effect", "Who", "May", "If"), rows)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value else ""


def _create(v: Values, at: At) -> Iterator[Call]:
    name, fifo = v["Name"], v["fifo"]
    found = given(
        FifoTopic="true" if fifo else None,
        ContentBasedDeduplication="true" if fifo and v["dedup"] else None,
        DisplayName=v["DisplayName"],
        KmsMasterKeyId=v["key"],
    )
    name = f"{name}.fifo" if fifo and not name.endswith(".fifo") else name
    yield call("sns", "create_topic", Name=name, Attributes=found or None, Tags=tag_list(v["tags"]))


def _subscribe(v: Values, at: At) -> Iterator[Call]:
    protocol = v["Protocol"]
    endpoint = v[{"sqs": "queue", "lambda": "function"}.get(protocol, "Endpoint")]
    found = given(
        FilterPolicy=v["FilterPolicy"],
        FilterPolicyScope=v["FilterPolicyScope"] if v["FilterPolicy"] else None,
        RawMessageDelivery="true" if v["raw"] else None,
        SubscriptionRoleArn=v["SubscriptionRoleArn"],
    )
    if protocol == "lambda" and v["permit"]:
        yield call(
            "lambda",
            "add_permission",
            FunctionName=endpoint,
            StatementId=f"sns-{at.thing.name}".replace(".", "-"),
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=at.thing.id,
        )
    yield call(
        "sns",
        "subscribe",
        TopicArn=at.thing.id,
        Protocol=protocol,
        Endpoint=endpoint,
        Attributes=found or None,
        ReturnSubscriptionArn=True,
    )


def _subscribe_fields() -> tuple[Any, ...]:
    typed = ("Protocol", "email", "email-json", "https", "http", "sms", "firehose")
    return (
        Choice("Protocol", "Deliver to", PROTOCOLS, initial="sqs", required=True),
        Pick(
            "queue",
            "Queue",
            kind="sqs:queue",
            by="arn",
            free=True,
            required=True,
            when=("Protocol", "sqs"),
            help="Its ARN. Its policy must let the topic send.",
        ),
        Pick(
            "function",
            "Function",
            kind="lambda:function",
            by="arn",
            free=True,
            required=True,
            when=("Protocol", "lambda"),
        ),
        Switch("permit", "Also let this topic invoke it", initial=True, when=("Protocol", "lambda")),
        Text(
            "Endpoint",
            "Endpoint",
            required=True,
            when=typed,
            help="An address, a URL, a number or an ARN, as the protocol needs it.",
        ),
        Pick("SubscriptionRoleArn", "Role", kind="iam:role", by="arn", when=("Protocol", "firehose")),
        Json(
            "FilterPolicy",
            "Filter",
            text=True,
            help="Only messages that match. Each value is a list.",
            starters=(("by attribute", {"type": ["physical"]}),),
        ),
        Choice(
            "FilterPolicyScope",
            "It looks at",
            (("MessageAttributes", "the attributes"), ("MessageBody", "the body")),
            initial="MessageAttributes",
        ),
        Switch(
            "raw",
            "Raw delivery",
            when=("Protocol", "sqs", "https", "http", "firehose"),
            help="The message alone, without the JSON around it.",
        ),
    )


def _edit_subscription(v: Values, at: At) -> Iterator[Call]:
    wanted = {"FilterPolicy": v["FilterPolicy"] or "{}", "RawMessageDelivery": "true" if v["raw"] else "false"}
    before = at.row.data["Attributes"]
    standing = {
        "FilterPolicy": before.get("FilterPolicy") or "{}",
        "RawMessageDelivery": before.get("RawMessageDelivery", "false"),
    }
    for name, value in wanted.items():
        same = decoded(value) == decoded(standing[name]) if name == "FilterPolicy" else value == standing[name]
        if not same:
            yield call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=at.row.id,
                AttributeName=name,
                AttributeValue=value,
            )


def _publish(v: Values, at: At) -> Iterator[Call]:
    more = {one["name"]: {"DataType": one["type"], "StringValue": one["value"]} for one in v["attributes"]}
    yield call(
        "sns",
        "publish",
        TopicArn=at.thing.id,
        Message=v["Message"],
        Subject=v["Subject"],
        MessageAttributes=given_or_none(**more),
        MessageGroupId=v.get("MessageGroupId"),
        MessageDeduplicationId=v.get("MessageDeduplicationId"),
    )


def _publish_fields(account: Account, at: At) -> tuple[Any, ...]:
    fifo = (Text("MessageGroupId", "Message group", required=True), Text("MessageDeduplicationId", "Deduplication id"))
    return (
        Text("Subject", "Subject", help="For e-mail."),
        Text("Message", "Message", required=True, long=True),
        *(fifo if at.thing.name.endswith(".fifo") else ()),
        Repeat(
            "attributes",
            "Attributes",
            (
                Text("name", "Name", required=True),
                Choice("type", "Type", ("String", "Number", "String.Array"), initial="String", required=True),
                Text("value", "Value", required=True),
            ),
            one="attribute",
            help="What filters look at.",
        ),
    )


def _let_in(v: Values, at: At) -> Iterator[Call]:
    who = f"{v['who']}.amazonaws.com"
    statement: dict[str, Any] = {
        "Sid": f"let-{v['who']}-in",
        "Effect": "Allow",
        "Principal": {"Service": who},
        "Action": "sns:Publish",
        "Resource": at.thing.id,
    }
    if v["who"] == "s3":
        statement["Condition"] = {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{v['bucket']}"},
            "StringEquals": {"aws:SourceAccount": at.account_id},
        }
    else:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": at.account_id}}
    others = [one for one in statements_of(at.thing.data.get("Policy")) if one.get("Sid") != statement["Sid"]]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*others, statement]})
    yield call("sns", "set_topic_attributes", TopicArn=at.thing.id, AttributeName="Policy", AttributeValue=policy)


def _set(name: str, field: str) -> Any:
    return lambda v, at: [
        call("sns", "set_topic_attributes", TopicArn=at.thing.id, AttributeName=name, AttributeValue=v[field] or "")
    ]


TOPIC = Kind(
    "topic",
    "Topic",
    "Topics",
    things,
    look=_look,
    detail=_detail,
    empty="A topic gives a copy of each message to everyone who listens: queues, functions, people. It keeps none.",
    command="aws sns create-topic --name alerts",
    actions=(
        Action(
            "create",
            "Create topic",
            _create,
            (
                Text("Name", "Name", required=True),
                Switch("fifo", "FIFO", help="In order and exactly once, to SQS queues. The name then ends with .fifo."),
                Switch("dedup", "Deduplicate by content", when=if_on("fifo")),
                Text("DisplayName", "Display name", help="The sender that e-mail and SMS show."),
                Pick(
                    "key",
                    "KMS key",
                    kind="kms:key",
                    free=True,
                    help="Empty: not encrypted. alias/aws/sns: with AWS's own key.",
                ),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "subscribe",
            "Add subscription",
            _subscribe,
            _subscribe_fields(),
            part="subscriptions",
            verb="Subscribe",
            about="An address must confirm before it gets anything; a queue or function of this account need not.",
        ),
        Action(
            "edit-subscription",
            "Edit",
            _edit_subscription,
            (Json("FilterPolicy", "Filter", text=True, help="Empty: every message."), Switch("raw", "Raw delivery")),
            lambda account, at: {
                "FilterPolicy": decoded(at.row.data["Attributes"].get("FilterPolicy")) or None,
                "raw": at.row.data["Attributes"].get("RawMessageDelivery") == "true",
            },
            part="subscriptions",
            row=True,
        ),
        Action(
            "unsubscribe",
            "Remove",
            lambda v, at: [call("sns", "unsubscribe", SubscriptionArn=at.row.id)],
            part="subscriptions",
            row=True,
            danger="Deliver nothing there any more?",
            verb="Remove",
        ),
        Action("publish", "Publish message", _publish, _publish_fields, verb="Publish"),
        Action(
            "let-in",
            "Let a service publish",
            _let_in,
            (
                Choice("who", "Service", PUBLISHERS, initial="cloudwatch", required=True),
                Pick("bucket", "Bucket", kind="s3:bucket", required=True, when=("who", "s3")),
            ),
            part="statements",
            about=(
                "Adds a statement to the topic's policy. Alarms of the same "
                "account need it only where the policy was changed."
            ),
        ),
        Action(
            "policy",
            "Edit topic policy",
            _set("Policy", "Policy"),
            (Policy("Policy", "Policy", kind="resource", required=True),),
            lambda account, at: {"Policy": decoded(at.thing.data.get("Policy")) or None},
        ),
        Action(
            "name",
            "Edit display name",
            _set("DisplayName", "DisplayName"),
            (Text("DisplayName", "Display name"),),
            lambda account, at: {"DisplayName": at.thing.data.get("DisplayName", "")},
        ),
        Action(
            "encryption",
            "Edit encryption",
            _set("KmsMasterKeyId", "key"),
            (Pick("key", "KMS key", kind="kms:key", free=True, help="Empty: none."),),
            lambda account, at: {"key": at.thing.data.get("KmsMasterKeyId", "")},
        ),
        tags_by("sns", "tag_resource", "untag_resource", "ResourceArn"),
        delete("sns.delete_topic", "TopicArn", "Delete the topic with its subscriptions?"),
    ),
)
SERVICE = Service("sns", "SNS", "Topics that hand each message to everyone who listens.", (TOPIC,))
