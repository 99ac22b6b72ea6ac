"""SQS: queues, the messages in them, and who may send.

A queue has three names: its URL, which calls take; its ARN, which policies and other services take; its name, for people.
"""

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
    Kind,
    Link,
    Number,
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
    tail,
)
from labs.explorer.saying import decoded, edit_tags, given_or_none, if_on, policy_fact, statements_of

NUMBERS = (
    # attribute, label, default, least, most, unit, help
    (
        "VisibilityTimeout",
        "Visibility timeout",
        30,
        0,
        43_200,
        "seconds",
        "How long a message that was received is hidden from others.",
    ),
    ("MessageRetentionPeriod", "Kept for", 345_600, 60, 1_209_600, "seconds", "4 days are 345600, 14 days 1209600."),
    ("DelaySeconds", "Delivery delay", 0, 0, 900, "seconds", "Each message stays hidden this long after it was sent."),
    (
        "ReceiveMessageWaitTimeSeconds",
        "Receive waits",
        0,
        0,
        20,
        "seconds",
        "More than 0 is long polling: fewer empty answers, less to pay.",
    ),
    ("MaximumMessageSize", "Largest message", 262_144, 1024, 1_048_576, "bytes", ""),
)
SENDERS = {"sns": "sns.amazonaws.com", "s3": "s3.amazonaws.com", "events": "events.amazonaws.com"}


def things(account: Account) -> Iterator[Thing]:
    for url in account.read("sqs", "list_queues").get("QueueUrls", []):
        name = url.rsplit("/", 1)[-1]
        arn = f"arn:aws:sqs:{account.region}:{account.account_id}:{name}"
        yield Thing(url, name, arn=arn, data={"QueueUrl": url})


def _look(account: Account, it: Thing) -> Thing:
    found = ask(account, "sqs", "get_queue_attributes", QueueUrl=it.id, AttributeNames=["All"]).get("Attributes", {})
    redrive = decoded(found.get("RedrivePolicy"))
    dead = f"{tail(redrive['deadLetterTargetArn'])} after {redrive.get('maxReceiveCount')}" if redrive else "none"
    facts = (
        Fact("Messages", _messages(found)),
        policy_fact("Queue policy", found.get("Policy", "")),
        Fact("Dead letters", dead),
        Fact("Type", "FIFO" if it.name.endswith(".fifo") else "standard"),
    )
    return replace(it, arn=found.get("QueueArn", it.arn), facts=facts, data={**it.data, "Attributes": found})


def _messages(found: dict[str, str]) -> str:
    hidden, late = (
        found.get("ApproximateNumberOfMessagesNotVisible", "0"),
        found.get("ApproximateNumberOfMessagesDelayed", "0"),
    )
    more = [f"{number} {word}" for number, word in ((hidden, "in flight"), (late, "delayed")) if number != "0"]
    return ", ".join([found.get("ApproximateNumberOfMessages", "0"), *more])


def _detail(account: Account, it: Thing) -> Thing:
    found = it.data["Attributes"]
    numbers = tuple(Fact(label, f"{found[name]} {unit}") for name, label, *_, unit, _help in NUMBERS if name in found)
    encrypted = found.get("KmsMasterKeyId") or ("SSE-SQS" if found.get("SqsManagedSseEnabled") == "true" else "")
    more = (
        Fact("URL", it.id),
        Fact("Encryption", encrypted or "off", "" if encrypted else "bad"),
        *((Fact("Deduplication", "by content"),) if found.get("ContentBasedDeduplication") == "true" else ()),
    )
    sources = ask(account, "sqs", "list_dead_letter_source_queues", QueueUrl=it.id).get("queueUrls", [])
    redrive = decoded(found.get("RedrivePolicy"))
    links = [Link("sqs:queue", url, "Takes the dead letters of", url.rsplit("/", 1)[-1]) for url in sources]
    if redrive:
        arn = redrive["deadLetterTargetArn"]
        links.append(Link("sqs:queue", arn, "Dead letters go to", tail(arn)))
    if key := found.get("KmsMasterKeyId"):
        links.append(Link("kms:key", tail(key), "Encrypted with"))
    statements = Part(
        "statements",
        "Queue policy",
        ("Effect", "Who", "May", "If"),
        tuple(
            Row(
                str(number),
                (
                    one.get("Effect", ""),
                    _text(one.get("Principal")),
                    _text(one.get("Action")),
                    _text(one.get("Condition")),
                ),
            )
            for number, one in enumerate(statements_of(found.get("Policy")))
        ),
        "Only this account may send and receive, as its IAM policies say.",
    )
    tags = ask(account, "sqs", "list_queue_tags", QueueUrl=it.id).get("Tags", {})
    return replace(it, properties=(*it.facts, *more, *numbers), parts=(statements,), tags=tags, links=tuple(links))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value else ""


def _attributes(v: Values, at: At) -> dict[str, str]:
    """Return the attributes of a form that are another than what stands."""
    wanted = {name: v[name] for name, *_ in NUMBERS if v[name] is not None}
    found = {name: str(one) for name, one in wanted.items() if one != at.before.get(name)}
    encryption = (v["encryption"], v["key"])
    if encryption != (at.before.get("encryption", "sqs"), at.before.get("key") or None):
        found["SqsManagedSseEnabled"] = "true" if v["encryption"] == "sqs" else "false"
        found["KmsMasterKeyId"] = (v["key"] or "alias/aws/sqs") if v["encryption"] == "kms" else ""
    if v["dead"]:
        redrive = {"deadLetterTargetArn": v["dead"], "maxReceiveCount": v["receives"]}
        if (v["dead"], v["receives"]) != (at.before.get("dead"), at.before.get("receives")):
            found["RedrivePolicy"] = json.dumps(redrive)
    elif at.before.get("dead"):
        found["RedrivePolicy"] = ""
    return found


def _create(v: Values, at: At) -> Iterator[Call]:
    defaults = {name: value for name, _, value, *_ in NUMBERS}
    found = {name: one for name, one in _attributes(v, replace(at, before=defaults)).items() if one != ""}
    name = v["QueueName"]
    if v["fifo"]:
        name = name if name.endswith(".fifo") else f"{name}.fifo"
        found["FifoQueue"] = "true"
        if v["dedup"]:
            found["ContentBasedDeduplication"] = "true"
    yield call("sqs", "create_queue", QueueName=name, Attributes=found or None, tags=v["tags"] or None)


def _edit(v: Values, at: At) -> Iterator[Call]:
    found = _attributes(v, at)
    if v["dedup"] is not None and v["dedup"] != at.before.get("dedup"):
        found["ContentBasedDeduplication"] = "true" if v["dedup"] else "false"
    if found:
        yield call("sqs", "set_queue_attributes", QueueUrl=at.thing.id, Attributes=found)


def _now(account: Account, at: At) -> Values:
    found = at.thing.data["Attributes"]
    redrive = decoded(found.get("RedrivePolicy"))
    key = found.get("KmsMasterKeyId", "")
    return {
        **{name: int(found.get(name, default)) for name, _, default, *_ in NUMBERS},
        "encryption": "kms" if key else "sqs" if found.get("SqsManagedSseEnabled") == "true" else "off",
        "key": key,
        "dead": redrive.get("deadLetterTargetArn", ""),
        "receives": int(redrive.get("maxReceiveCount", 3)),
        "dedup": found.get("ContentBasedDeduplication") == "true",
    }


def _number_fields(*, initial: bool) -> Iterator[Number]:
    for name, label, default, least, most, unit, about in NUMBERS:
        yield Number(name, label, initial=default if initial else None, least=least, most=most, unit=unit, help=about)


def _shared(*, initial: bool) -> tuple[Any, ...]:
    how = (("sqs", "SSE-SQS: keys that SQS holds"), ("kms", "SSE-KMS: a key in KMS"), ("off", "none"))
    return (
        *_number_fields(initial=initial),
        Choice("encryption", "Encryption", how, initial="sqs"),
        Pick("key", "KMS key", kind="kms:key", free=True, when=("encryption", "kms"), help="Empty: alias/aws/sqs."),
        Pick(
            "dead",
            "Dead-letter queue",
            kind="sqs:queue",
            by="arn",
            help="Takes messages that were received too often. Of the same type.",
        ),
        Number("receives", "Receives before that", initial=3, least=1, most=1000),
    )


def _save_policy(v: Values, at: At) -> Iterator[Call]:
    yield call("sqs", "set_queue_attributes", QueueUrl=at.thing.id, Attributes={"Policy": v["Policy"] or ""})


def _let_in(v: Values, at: At) -> Iterator[Call]:
    arns = {"sns": v["topic"], "s3": f"arn:aws:s3:::{v['bucket']}", "events": v["rule"]}
    source = arns[v["who"]]
    statement: dict[str, Any] = {
        "Sid": f"{v['who']}-{tail(source)}".replace(".", "-"),
        "Effect": "Allow",
        "Principal": {"Service": SENDERS[v["who"]]},
        "Action": "sqs:SendMessage",
        "Resource": at.thing.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    if v["who"] == "s3":
        statement["Condition"]["StringEquals"] = {"aws:SourceAccount": at.account_id}
    others = [
        one for one in statements_of(at.thing.data["Attributes"].get("Policy")) if one.get("Sid") != statement["Sid"]
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*others, statement]})
    yield call("sqs", "set_queue_attributes", QueueUrl=at.thing.id, Attributes={"Policy": policy})


def _send_fields(account: Account, at: At) -> tuple[Any, ...]:
    fifo = at.thing.name.endswith(".fifo")
    of_fifo = (
        Text(
            "MessageGroupId",
            "Message group",
            required=True,
            help="Messages of one group arrive in the order they were sent.",
        ),
        Text("MessageDeduplicationId", "Deduplication id", help="Not needed where the queue deduplicates by content."),
    )
    return (
        Text("MessageBody", "Body", required=True, long=True),
        *(of_fifo if fifo else (Number("DelaySeconds", "Delay", least=0, most=900, unit="seconds"),)),
        Repeat(
            "attributes",
            "Attributes",
            (
                Text("name", "Name", required=True),
                Choice("type", "Type", ("String", "Number"), initial="String", required=True),
                Text("value", "Value", required=True),
            ),
            one="attribute",
        ),
    )


def _send(v: Values, at: At) -> Iterator[Call]:
    more = {one["name"]: {"DataType": one["type"], "StringValue": one["value"]} for one in v["attributes"]}
    yield call(
        "sqs",
        "send_message",
        QueueUrl=at.thing.id,
        MessageBody=v["MessageBody"],
        DelaySeconds=v.get("DelaySeconds"),
        MessageGroupId=v.get("MessageGroupId"),
        MessageDeduplicationId=v.get("MessageDeduplicationId"),
        MessageAttributes=given_or_none(**more),
    )


def _receive(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "sqs",
        "receive_message",
        QueueUrl=at.thing.id,
        MaxNumberOfMessages=v["MaxNumberOfMessages"],
        WaitTimeSeconds=v["WaitTimeSeconds"],
        VisibilityTimeout=v["VisibilityTimeout"],
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )


def _save_tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call("sqs", "tag_queue", QueueUrl=at.thing.id, Tags=to_set)
    if to_remove:
        yield call("sqs", "untag_queue", QueueUrl=at.thing.id, TagKeys=to_remove)


def _edit_fields(account: Account, at: At) -> tuple[Any, ...]:
    fifo = at.thing.name.endswith(".fifo")
    return (*_shared(initial=False), *((Switch("dedup", "Deduplicate by content"),) if fifo else ()))


QUEUE = Kind(
    "queue",
    "Queue",
    "Queues",
    things,
    look=_look,
    detail=_detail,
    empty="A queue holds messages until somebody has done what they ask for: sender and receiver need not be there at once.",
    command="aws sqs create-queue --queue-name jobs",
    actions=(
        Action(
            "create",
            "Create queue",
            _create,
            (
                Text("QueueName", "Name", required=True, help="Letters, digits, hyphens, underscores."),
                Switch("fifo", "FIFO", help="In order and exactly once. The name then ends with .fifo."),
                Switch("dedup", "Deduplicate by content", when=if_on("fifo")),
                *_shared(initial=True),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action("send", "Send message", _send, _send_fields, verb="Send"),
        Action(
            "receive",
            "Receive messages",
            _receive,
            (
                Number("MaxNumberOfMessages", "At most", initial=10, least=1, most=10, required=True),
                Number("WaitTimeSeconds", "Wait", initial=0, least=0, most=20, unit="seconds"),
                Number(
                    "VisibilityTimeout",
                    "Hide them for",
                    least=0,
                    most=43_200,
                    unit="seconds",
                    help="Empty: as the queue says. 0: not at all.",
                ),
            ),
            verb="Receive",
            about="Received is not deleted: a message comes back when its time is over, unless its receiver deletes it.",
        ),
        Action(
            "done",
            "Delete a message",
            "sqs.delete_message",
            (
                Text(
                    "ReceiptHandle",
                    "Receipt handle",
                    required=True,
                    long=True,
                    help="From the answer of Receive messages.",
                ),
            ),
            thing="QueueUrl",
            verb="Delete message",
        ),
        Action(
            "edit",
            "Edit settings",
            lambda v, at: _edit({"dedup": None, **v}, at),
            _edit_fields,
            _now,
            about="Visibility should be at least six times the timeout of a Lambda function that reads here.",
        ),
        Action(
            "let-in",
            "Let a service send",
            _let_in,
            (
                Choice(
                    "who",
                    "Service",
                    (("sns", "an SNS topic"), ("s3", "events of an S3 bucket"), ("events", "an EventBridge rule")),
                    required=True,
                    initial="sns",
                ),
                Pick("topic", "Topic", kind="sns:topic", by="arn", required=True, when=("who", "sns")),
                Pick("bucket", "Bucket", kind="s3:bucket", required=True, when=("who", "s3")),
                Pick("rule", "Rule", kind="events:rule", by="arn", required=True, when=("who", "events")),
            ),
            part="statements",
            about="Adds a statement to the queue's policy: this service may send, for this source alone.",
        ),
        Action(
            "policy",
            "Edit queue policy",
            _save_policy,
            (Policy("Policy", "Policy", kind="resource", help="Empty: no policy."),),
            lambda account, at: {"Policy": decoded(at.thing.data["Attributes"].get("Policy")) or None},
        ),
        edit_tags(_save_tags),
        Action(
            "purge",
            "Purge",
            "sqs.purge_queue",
            thing="QueueUrl",
            danger="Delete every message in the queue?",
            verb="Purge",
        ),
        delete("sqs.delete_queue", "QueueUrl", "Delete the queue with all its messages?"),
    ),
)
SERVICE = Service("sqs", "SQS", "Queues of messages between those who send and those who work.", (QUEUE,))
