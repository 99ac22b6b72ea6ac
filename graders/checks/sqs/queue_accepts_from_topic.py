"""https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, messaging
from graders.iam import Policy, ask, parse, patterns
from graders.iam.principals import Principal
from graders.iam.services import named_services
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, Witness, first, who
from graders.messaging import Place

SEND = "sqs:SendMessage"
SNS = Actor(Principal("service", service="sns.amazonaws.com"))


@check(permissions=[*messaging.QUEUE_PERMISSIONS, *messaging.TOPIC_PERMISSIONS])
def queue_accepts_from_topic(account: Account, *, queue: str, topic: str, only: bool = False) -> None:
    """The queue {queue} lets the topic {topic} send to it.

    By its policy (any form: aws:SourceArn, aws:SourceAccount, the service as Principal) and by its key, if it has one.
    With `only: true` strangers must be refused as well: callers without credentials, other accounts, and AWS services
    that act for another account, such as its topics. Other topics of this account may be let in.
    """
    source, target = messaging.the_topic(account, topic), messaging.the_queue(account, queue)
    refusal = messaging.queue_refuses(account, target, source.arn)
    if refusal is not None:
        raise refusal
    witness = _stranger(account, target, source) if only else None
    if witness is None:
        return
    caller, foreign = witness.request.principal, witness.request.context.get("aws:sourcearn", "")
    raise Fail(
        "The queue {queue} lets topics of other accounts send, not only the topic."
        if foreign
        else "The queue {queue} lets {who} send, not only the topic.",
        looked_at="the policy of queue {queue}",
        needed="Only messages of {source} are let in.",
        try_="Add a condition: ArnEquals, aws:SourceArn, the topic's ARN.",
        counterexample="{who} can {action} {arn} for {foreign}." if foreign else "{who} can {action} {arn}.",
        queue=queue,
        who=who(caller),
        source=source.arn,
        action=SEND,
        arn=target.arn,
        foreign=foreign,
    )


def _stranger(account: Account, queue: Place, topic: Place) -> Witness | None:
    """A request from outside the account that the queue's policy lets through."""
    policies = (Policy(f"policy of queue {queue.name}", parse(queue.attributes["Policy"], "resource")),)
    target = Target(account.account_id, policies)
    witness = first(target, ask.outsiders(account, policies, named=True), [SEND], [queue.arn])
    if witness is not None:
        return witness
    for number, arn in _foreign_sources(account, topic, policies):
        fixed = {"aws:sourcearn": arn, "aws:sourceaccount": number, "aws:sourceowner": number}
        if witness := first(target, [SNS, *named_services(policies)], [SEND], [queue.arn], fixed=fixed):
            return witness
    return None


def _foreign_sources(account: Account, topic: Place, policies: tuple[Policy, ...]) -> Iterator[tuple[str, str]]:
    """(account, ARN) in other accounts: of the topic's own name, and of each that aws:SourceArn covers."""
    own = topic.arn.split(":")
    for named in dict.fromkeys([topic.arn, *ask.values_of("aws:sourcearn", policies)]):
        parts = patterns.instance(named).split(":")
        start, rest = (parts, parts[5:]) if len(parts) > 5 else (own, parts[-1:])
        for number in ask.foreign_accounts(account, policies):
            yield number, ":".join([*start[:4], number, *rest])
